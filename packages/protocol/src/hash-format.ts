import type { HashAlgorithm } from "./contract/methods/hash.ts";

/** A line of `sha256sum`, `sha1sum` or `sha512sum`, without its newline. The digest is lower-case hexadecimal. */
export type ChecksumLine = { readonly file: string; readonly algorithm: HashAlgorithm; readonly hash: string };

const algorithms = new Map<number, HashAlgorithm>([
  [40, "sha1"],
  [64, "sha256"],
  [128, "sha512"],
]);

const escapes = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
]);
const unescapes = new Map([...escapes].map(([character, escape]) => [escape, character]));

/** `*` marks binary mode, which means nothing on POSIX. A single blank is the order of BSD's `-r`. */
const plainLine = /^[ \t]*(?<escape>\\?)(?<hash>[0-9a-f]+)[ \t][ *]?(?<file>.+)$/is;
const taggedLine = /^[ \t]*(?<escape>\\?)(?<tag>SHA(?:1|256|512)) ?\((?<file>.+)\)[ \t]*=[ \t]*(?<hash>[0-9a-fA-F]+)$/s;

/** Writes a line as coreutils 9 does: a leading backslash says that backslashes and line ends of the name are escaped. */
export function formatGnuLine({ file, hash }: { readonly file: string; readonly hash: string }): string {
  const escaped = file.replaceAll(/[\\\n\r]/g, (character) => escapes.get(character) ?? character);
  return `${escaped === file ? "" : "\\"}${hash}  ${escaped}`;
}

/**
 * Reads what coreutils 9 reads, in any of the three algorithms, also the lines of `--tag`; undefined for anything else, as
 * comments. A carriage return at the end belongs to a CRLF line end: one of the name would be escaped.
 */
export function parseGnuLine(line: string): ChecksumLine | undefined {
  const content = line.endsWith("\r") ? line.slice(0, -1) : line;
  const { escape, tag, hash = "", file = "" } = (taggedLine.exec(content) ?? plainLine.exec(content))?.groups ?? {};
  const algorithm = algorithms.get(hash.length);
  if (algorithm === undefined || (tag ?? algorithm).toLowerCase() !== algorithm) return undefined;
  const name = escape === "\\" ? unescape(file) : file;
  return name === undefined ? undefined : { file: name, algorithm, hash: hash.toLowerCase() };
}

/** Undefined when a backslash is followed by anything that is never escaped. */
function unescape(file: string): string | undefined {
  if (!/^(?:[^\\]|\\[\\nr])*$/.test(file)) return undefined;
  return file.replaceAll(/\\[\\nr]/g, (escape) => unescapes.get(escape) ?? escape);
}
