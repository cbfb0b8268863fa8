import { StringDecoder } from "node:string_decoder";
import type { Sink } from "./write.ts";

/** Characters of an unfinished sequence that are waited for. What is longer is no sequence, and its text is shown. */
const LONGEST_SEQUENCE = 4_096;

/** Colours and text attributes (SGR), the one sequence that stays. */
const STYLE = "\\u001b\\[[0-9;:]*m";
const CSI = "(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*";
/** What begins a string for the terminal: OSC, DCS, SOS, PM, APC; and its content. */
const STRING = "(?:\\u001b[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u009c]*";
const ESCAPE = "\\u001b[ -/]*";

const CONTROL = new RegExp(
  [
    STYLE,
    "\\r*\\n|\\r",
    `${CSI}[@-~]`,
    `${STRING}(?:\\u0007|\\u001b\\\\|\\u009c)`,
    `${ESCAPE}[0-~]`,
    "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]",
    // Direction marks, zero-width characters, line separators, the byte order mark.
    "[\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]",
  ].join("|"),
  "gu",
);
const UNFINISHED = new RegExp(`(?:\\r+|${CSI}|${STRING}\\u001b?|${ESCAPE})$`, "u");
const IS_STYLE = new RegExp(`^${STYLE}$`, "u");
const RESET_STYLE = "\u001b[0m";

export interface ReadableSink {
  readonly write: Sink;
  /** Hands on what waited for its end, and leaves the terminal's colours as they were. */
  end(): Promise<void>;
}

/**
 * Takes from a program's output what acts on a terminal instead of standing on it: cursor movement, titles, clipboard, queries, overwriting.
 * Text, line ends, tabs and colours stay. A lone carriage return becomes a line end, so that what it would have hidden is seen.
 */
export function createReadableSink(sink: Sink): ReadableSink {
  const decoder = new StringDecoder("utf8");
  let waiting = "";
  let hasStyle = false;

  const clean = (text: string): string =>
    text.replaceAll(CONTROL, (control) => {
      if (control.endsWith("\n") || control === "\r") return "\n";
      if (!IS_STYLE.test(control)) return "";
      hasStyle = true;
      return control;
    });

  return {
    async write(bytes) {
      const text = waiting + decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      const unfinished = UNFINISHED.exec(text)?.[0] ?? "";
      waiting = unfinished.length > LONGEST_SEQUENCE ? "" : unfinished;
      await sink(Buffer.from(clean(text.slice(0, text.length - waiting.length))));
    },
    async end() {
      await sink(Buffer.from(clean(waiting + decoder.end()) + (hasStyle ? RESET_STYLE : "")));
    },
  };
}
