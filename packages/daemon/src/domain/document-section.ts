/**
 * A section that we generate in a document of somebody else, between two lines that mark it. Documents are handled as bytes, each one character:
 * whatever stands around the section stays as it is, in every encoding that contains ASCII.
 */
export type Section =
  | { readonly state: "absent" }
  | {
      readonly state: "present";
      /** From the first byte of the first marker to the last byte of the second. */
      readonly start: number;
      readonly end: number;
      readonly eol: "\n" | "\r\n";
      /** What stands between the markers, with LF as end of line. */
      readonly content: string;
    }
  | { readonly state: "damaged"; readonly line: number; readonly reason: string };

interface Line {
  readonly start: number;
  readonly text: string;
  readonly number: number;
}

const BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";

/** UTF-8, each byte one character. */
export function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** @param name of the task; one section for each name */
export function findSection(document: string, name: string): Section {
  const { begin, end } = markersOf(name);
  const lines = linesOf(document);
  const broken = lines.find((line) => isBrokenMarker(line.text, name));
  if (broken !== undefined) return { state: "damaged", line: broken.number, reason: "it is no whole marker" };
  const [first, secondBegin] = lines.filter(({ text }) => text === begin);
  const [last, secondEnd] = lines.filter(({ text }) => text === end);
  const twice = secondBegin ?? secondEnd;
  if (twice !== undefined) return { state: "damaged", line: twice.number, reason: "it is there twice" };
  if (first === undefined && last === undefined) return { state: "absent" };
  if (first === undefined) return { state: "damaged", line: last?.number ?? 0, reason: "no marker begins the section" };
  if (last === undefined) return { state: "damaged", line: first.number, reason: "no marker ends the section" };
  if (last.start < first.start) return { state: "damaged", line: last.number, reason: "it ends before it begins" };
  const afterBegin = document.indexOf("\n", first.start) + 1;
  return {
    state: "present",
    start: first.start,
    end: last.start + end.length,
    eol: document[afterBegin - 2] === "\r" ? "\r\n" : "\n",
    content: document.slice(afterBegin, last.start).replaceAll("\r\n", "\n"),
  };
}

/**
 * The document with this content in the section, or with a new section at its end.
 * @param content lines that each end with LF
 * @throws RangeError when the section is damaged
 */
export function withSection(document: string, name: string, content: string): string {
  const section = findSection(document, name);
  const { begin, end } = markersOf(name);
  const written = (eol: string): string => `${begin}\n${content}${end}`.replaceAll("\n", eol);
  switch (section.state) {
    case "damaged":
      throw new RangeError(`line ${section.line}: ${section.reason}`);
    case "present":
      return document.slice(0, section.start) + written(section.eol) + document.slice(section.end);
    case "absent": {
      const eol = /\r\n/.test(document) ? "\r\n" : "\n";
      return document + gapAfter(document, eol) + written(eol) + eol;
    }
  }
}

/** What parts a new section from the text before it. */
function gapAfter(document: string, eol: string): string {
  if (document === "" || document === BYTE_ORDER_MARK) return "";
  return document.endsWith("\n") ? eol : eol + eol;
}

function markersOf(name: string): { begin: string; end: string } {
  const bytes = toBytes(name);
  return { begin: `<!-- orchastration:begin ${bytes} -->`, end: `<!-- orchastration:end ${bytes} -->` };
}

const MARKER = /^<!-- orchastration:(?:begin|end) (.+) -->$/s;

/** A line that was one of the markers before somebody changed it. */
function isBrokenMarker(line: string, name: string): boolean {
  // Text that speaks of a marker, as an escaped title may, is none.
  if (MARKER.test(line) || !line.trimStart().startsWith("<!--")) return false;
  const bytes = toBytes(name);
  return ["begin", "end"].some((word) => {
    const at = line.indexOf(`orchastration:${word} ${bytes}`);
    if (at < 0) return false;
    const rest = line.slice(at + `orchastration:${word} ${bytes}`.length);
    return /^(\s*$|\s*-|\s*<|\s+-->)/.test(rest);
  });
}

function linesOf(document: string): Line[] {
  let start = 0;
  return document.split("\n").map((raw, index) => {
    const isFirst = index === 0 && raw.startsWith(BYTE_ORDER_MARK);
    const skipped = isFirst ? BYTE_ORDER_MARK.length : 0;
    const line = { start: start + skipped, text: raw.slice(skipped).replace(/\r$/, ""), number: index + 1 };
    start += raw.length + 1;
    return line;
  });
}
