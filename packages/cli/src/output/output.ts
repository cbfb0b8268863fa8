import { toPlainJson } from "@orchastration/protocol";
import type { Document, DocumentName } from "@orchastration/protocol/contract";
import type { Terminal } from "./terminal.ts";
import { write } from "./write.ts";

/** Results go to stdout, messages to stderr. Every function resolves when the reader has the text. */
export interface Output {
  /** One or more lines of results. The last line feed is added. */
  print(text: string): Promise<void>;
  /** One JSON document; on a terminal indented for a person. `N` names the schema it fits. */
  json<N extends DocumentName>(document: Document<N>): Promise<void>;
  /** One JSON document of several, each on a line of its own. */
  jsonLine<N extends DocumentName>(document: Document<N>): Promise<void>;
  /** The same for several at once: a write for each line of many would take longer than making them. */
  jsonLines<N extends DocumentName>(documents: readonly Document<N>[]): Promise<void>;
  /** A message that `--quiet` leaves out. */
  note(text: string): Promise<void>;
  /** A message that is always shown. */
  warn(text: string): Promise<void>;
}

/** An output that keeps what it is given: `text` of all of it, `say` hands it on. */
export function gatherOutput(target: Output): {
  readonly output: Output;
  text(): string;
  say(): Promise<void>;
} {
  const said: { readonly text: string; readonly say: () => Promise<void> }[] = [];
  const keep = (text: string, say: () => Promise<void>): Promise<void> => {
    said.push({ text, say });
    return Promise.resolve();
  };
  return {
    output: {
      print: (text) => keep(text, () => target.print(text)),
      json: (document) => keep(toPlainJson(document), () => target.json(document)),
      jsonLine: (document) => keep(toPlainJson(document), () => target.jsonLine(document)),
      jsonLines: (documents) =>
        keep(documents.map((each) => toPlainJson(each)).join("\n"), () => target.jsonLines(documents)),
      note: (text) => keep(text, () => target.note(text)),
      warn: (text) => keep(text, () => target.warn(text)),
    },
    text: () => said.map(({ text }) => text).join("\n"),
    async say() {
      for (const each of said) await each.say();
    },
  };
}

/** The streams are looked at when they are first written to: Node makes them then. */
export function createOutput(
  streams: { readonly stdout: Terminal; readonly stderr: Terminal },
  isQuiet: boolean,
): Output {
  return {
    print: (text) => write(streams.stdout, `${text}\n`),
    json: (document) => write(streams.stdout, `${toPlainJson(document, streams.stdout.isTTY ? 2 : 0)}\n`),
    jsonLine: (document) => write(streams.stdout, `${toPlainJson(document)}\n`),
    jsonLines: (documents) => write(streams.stdout, documents.map((document) => `${toPlainJson(document)}\n`).join("")),
    note: (text) => (isQuiet ? Promise.resolve() : write(streams.stderr, `${text}\n`)),
    warn: (text) => write(streams.stderr, `${text}\n`),
  };
}
