import { changeHeader } from "./change-header.ts";
import { parseHeader } from "./parse-header.ts";
import type { Mistake } from "./problem.ts";
import { type FileParts, splitFile } from "./split-file.ts";
import type { TaskHeader, TaskHeaderChanges } from "./task-header.ts";

/** A header of more than a few lines was not written by hand; YAML of any size costs time and stack. */
const mostHeaderBytes = 32 * 1024;

export interface Content {
  /** null: it cannot be understood, and the mistakes tell why. */
  readonly header: TaskHeader | null;
  /** Markdown, behind the empty line after the header. Bytes that are no UTF-8 are replaced. */
  readonly body: string;
  readonly mistakes: readonly Mistake[];
}

export async function parseContent(bytes: Buffer): Promise<Content> {
  const parts = splitFile(bytes);
  const text = decodeHeader(bytes, parts);
  if (typeof text !== "string") return { header: null, body: "", mistakes: [text] };
  const body = bytes.subarray(parts.bodyStart).toString("utf8");
  return { ...(await parseHeader(text, parts.form === "fenced" ? 2 : 1)), body };
}

/** The same content with other values for some keys of its header, and every other byte as it was; or why that cannot be. */
export async function changeContent(bytes: Buffer, changes: TaskHeaderChanges): Promise<Buffer | Mistake> {
  const parts = splitFile(bytes);
  if (parts.form === "none" && !bytes.includes(0)) {
    const header = (await changeHeader("", changes, parts.eol)) ?? "";
    const added = ["---", parts.eol, header, "---", parts.eol, parts.eol].join("");
    return splice(bytes, parts.headerStart, parts.headerStart, header === "" ? "" : added);
  }
  const text = decodeHeader(bytes, parts);
  if (typeof text !== "string") return text;
  const header = await changeHeader(text, changes, parts.eol);
  if (header !== undefined) return splice(bytes, parts.headerStart, parts.headerEnd, header);
  return { kind: "not-changeable", message: "the header cannot be changed without touching other parts of it" };
}

function splice(bytes: Buffer, start: number, end: number, text: string): Buffer {
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(end)]);
}

/** The text of the header, or why it cannot be had. */
function decodeHeader(bytes: Buffer, { form, headerStart, headerEnd }: FileParts): string | Mistake {
  if (bytes.includes(0)) return { kind: "not-text", message: "no text: it contains NUL", expected: "UTF-8" };
  if (form === "unclosed") {
    return { kind: "no-header", message: "the header does not end", line: 1, expected: "a line --- behind the header" };
  }
  if (form === "none") {
    const expected = "a first line --- , lines such as title: Fix the login, and a line ---";
    return { kind: "no-header", message: "no header", line: 1, expected };
  }
  if (headerEnd - headerStart > mostHeaderBytes) {
    return { kind: "too-large", message: `the header is larger than ${mostHeaderBytes / 1024} KiB`, line: 1 };
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(headerStart, headerEnd));
  } catch {
    return { kind: "not-text", message: "the header is no text", line: 1, expected: "UTF-8" };
  }
}
