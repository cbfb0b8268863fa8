import { toPlainText } from "@orchastration/protocol";
import type { ActivitySignal } from "../domain/activity.ts";
import { LONGEST_SEQUENCE_BYTES, parseProgramMessage } from "../domain/program-status.ts";

export type OutputSignal = Extract<
  ActivitySignal,
  { readonly type: "program" | "prompt" | "command" | "notification" | "reset" }
>;

const BEL = 0x07;
const ESC = 0x1b;
const CAN = 0x18;
const SUB = 0x1a;
const INTRODUCER = "\x1b]";
const RESET = "\x1bc";
const INTRODUCER_BYTES = INTRODUCER.length;
const SHOWN_CHARACTERS = 80;

export interface SignalScanner {
  /** The bytes that follow those before. */
  take(bytes: Uint8Array): void;
  /** Something is left out: what had begun before it is not continued. */
  skip(): void;
}

/** Finds what programs tell their terminal about themselves: OSC 7501, 133, 9, 777 and 99, BEL, and RIS. Nothing else of the output is looked at. */
export function createSignalScanner(onSignal: (signal: OutputSignal) => void): SignalScanner {
  /** Of an operating system command that has begun, what came so far, a character for each byte; undefined outside of one. */
  let command: string | undefined;
  let isAfterEscape = false;

  /** Each search runs once over what lies before its next hit, however many of the others are found there. */
  function scan(bytes: Buffer): void {
    const find = (what: string | number): ((from: number) => number) => {
      let found = -1;
      return (from) => {
        if (found < from) found = bytes.indexOf(what, from, "latin1");
        if (found === -1) found = bytes.length;
        return found;
      };
    };
    const nextCommand = find(INTRODUCER);
    const nextReset = find(RESET);
    const nextBell = find(BEL);
    let at = 0;
    while (at < bytes.length) {
      if (isAfterEscape) {
        afterEscape(bytes[at] ?? 0);
        at += 1;
      } else if (command !== undefined) {
        at = collect(bytes, at);
      } else {
        const hit = Math.min(nextCommand(at), nextReset(at), nextBell(at));
        if (hit === bytes.length) {
          isAfterEscape = bytes[hit - 1] === ESC;
          return;
        }
        isAfterEscape = bytes[hit] === ESC;
        if (!isAfterEscape) onSignal({ type: "notification", text: null });
        at = hit + 1;
      }
    }
  }

  function afterEscape(byte: number): void {
    const finished = command;
    command = undefined;
    isAfterEscape = byte === ESC;
    if (byte === 0x5d) command = "";
    else if (byte === 0x63) onSignal({ type: "reset" });
    else if (byte === 0x5c && finished !== undefined) end(finished, 2);
  }

  /** Up to the end of the command, or of the bytes. What is too long to be read is not kept. */
  function collect(bytes: Buffer, from: number): number {
    let to = from;
    while (to < bytes.length && !isEnd(bytes[to] ?? 0)) to += 1;
    const room = LONGEST_SEQUENCE_BYTES - (command?.length ?? 0);
    command = `${command ?? ""}${bytes.toString("latin1", from, Math.min(to, from + Math.max(0, room)))}`;
    if (to === bytes.length) return to;
    if (bytes[to] === ESC) {
      isAfterEscape = true;
      return to + 1;
    }
    const finished = command;
    command = undefined;
    if (bytes[to] === BEL) end(finished, 1);
    return to + 1;
  }

  function end(content: string, terminatorBytes: number): void {
    if (INTRODUCER_BYTES + content.length + terminatorBytes > LONGEST_SEQUENCE_BYTES) return;
    const signal = readCommand(Buffer.from(content, "latin1").toString("utf8"));
    if (signal !== undefined) onSignal(signal);
  }

  return {
    take: (bytes) => scan(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
    skip() {
      command = undefined;
      isAfterEscape = false;
    },
  };
}

function isEnd(byte: number): boolean {
  return byte === BEL || byte === ESC || byte === CAN || byte === SUB;
}

/** What stands between `ESC ]` and the terminator. */
function readCommand(content: string): OutputSignal | undefined {
  const at = content.indexOf(";");
  const code = at < 0 ? content : content.slice(0, at);
  const rest = at < 0 ? "" : content.slice(at + 1);
  switch (code) {
    case "7501": {
      const message = parseProgramMessage(rest);
      return message === undefined ? undefined : { type: "program", message };
    }
    case "133":
      return promptMark(rest);
    case "9":
      // Numbers are commands of other terminals: progress, directories.
      return /^\d+(?:;|$)/.test(rest) ? undefined : notification(rest);
    case "777":
      return rest.startsWith("notify;") ? notification(rest.slice("notify;".length).replace(";", ": ")) : undefined;
    case "99":
      return kittyNotification(rest);
    default:
      return undefined;
  }
}

function promptMark(rest: string): OutputSignal | undefined {
  if (/^[AB](?:;|$)/.test(rest)) return { type: "prompt" };
  return /^C(?:;|$)/.test(rest) ? { type: "command" } : undefined;
}

/** `metadata;payload`. Queries, icons and the like are not notifications. */
function kittyNotification(rest: string): OutputSignal | undefined {
  const at = rest.indexOf(";");
  if (at < 0) return undefined;
  const metadata = new Map(
    rest
      .slice(0, at)
      .split(":")
      .map((pair) => [pair.slice(0, 1), pair.slice(2)]),
  );
  const part = metadata.get("p") ?? "title";
  if (part !== "title" && part !== "body") return undefined;
  const payload = rest.slice(at + 1);
  return notification(metadata.get("e") === "1" ? Buffer.from(payload, "base64").toString("utf8") : payload);
}

function notification(text: string): OutputSignal {
  const plain = toPlainText(text).slice(0, SHOWN_CHARACTERS);
  return { type: "notification", text: plain === "" ? null : plain };
}
