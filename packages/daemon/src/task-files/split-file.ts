/** Where the parts of a task file lie. Offsets are in bytes, so that what is no valid UTF-8 in the body survives. */
export interface FileParts {
  /** `fenced` between two lines `---`; `bare` from the first line to the first empty one. */
  readonly form: "fenced" | "bare" | "unclosed" | "none";
  readonly headerStart: number;
  /** Behind the line break of the header's last line. */
  readonly headerEnd: number;
  readonly bodyStart: number;
  readonly eol: "\n" | "\r\n";
}

const byteOrderMark = "\u00ef\u00bb\u00bf";
const opening = /---[ \t]*\r?\n/y;
const closing = /(?<=\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/g;
/** Nobody else's text begins so: a file without fences is taken for a header only if its first line is one of ours. */
const bareStart = /(?:title|base_branch|status|labels|created_at|agent|session_id)[ \t]*:(?:[ \t\r\n]|$)/y;
const emptyLine = /(?<=\n)[ \t]*\r?\n/g;
const oneEmptyLine = /(?:[ \t]*\r?\n)?/y;

export function splitFile(bytes: Buffer): FileParts {
  // One character per byte: offsets in the text are offsets in the file.
  const text = bytes.toString("latin1");
  const start = text.startsWith(byteOrderMark) ? byteOrderMark.length : 0;
  const eol = /^[^\n]*\r\n/.test(text) ? "\r\n" : "\n";

  const fence = matchAt(opening, text, start);
  if (fence !== undefined) {
    const headerStart = start + fence.length;
    const end = findFrom(closing, text, headerStart);
    if (end === undefined)
      return { form: "unclosed", headerStart, headerEnd: text.length, bodyStart: text.length, eol };
    const behind = end.index + end.text.length;
    const bodyStart = behind + (matchAt(oneEmptyLine, text, behind)?.length ?? 0);
    return { form: "fenced", headerStart, headerEnd: end.index, bodyStart, eol };
  }
  if (matchAt(bareStart, text, start) === undefined) {
    return { form: "none", headerStart: start, headerEnd: start, bodyStart: start, eol };
  }
  const end = findFrom(emptyLine, text, start) ?? { index: text.length, text: "" };
  return { form: "bare", headerStart: start, headerEnd: end.index, bodyStart: end.index + end.text.length, eol };
}

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

function findFrom(pattern: RegExp, text: string, index: number): { index: number; text: string } | undefined {
  pattern.lastIndex = index;
  const found = pattern.exec(text);
  return found === null ? undefined : { index: found.index, text: found[0] };
}
