/** The text at the cursor is no TOML. */
export class NotToml extends Error {}

const blank = /(?:[ \t\r\n]|#[^\n]*)*/y;
/** At the end of the text, `$` holds and the line feed is missing. */
const lineEnd = /[ \t\r]*(?:#[^\n]*)?(?:\n|$)/y;
const inlineBlank = /[ \t]*/y;
const bareKey = /[A-Za-z0-9_-]+/y;
const basicString = /"[^"\\\n]*(?:\\.[^"\\\n]*)*"/y;
const literalString = /'[^'\n]*'/y;
/** Up to two quotes may stand inside, and directly before the closing three. */
const longBasicString = /"""[^"\\]*(?:(?:\\[^]|"{1,2}(?!"))[^"\\]*)*"{3,5}/y;
const longLiteralString = /'''[^']*(?:'{1,2}(?!')[^']*)*'{3,5}/y;
/** A date may hold one space: `2026-11-21 10:00:00`. */
const scalar = /[^\s,\]}#"'[{=][^,\]}#\n]*/y;

/** Walks over the tokens of a TOML text. Every method moves forward or throws `NotToml`. */
export interface TomlCursor {
  /** In UTF-16 code units from 0. */
  offset(): number;
  isAtEnd(): boolean;
  startsWith(text: string): boolean;
  /** Moves over `text` if it stands here. */
  skip(text: string): boolean;
  expect(text: string): void;
  /** Spaces and tabs. */
  skipSpace(): void;
  /** Spaces and a comment may stand before it. */
  expectLineEnd(): void;
  /** Spaces, tabs, line ends and comments. */
  skipBlank(): void;
  /** One part of a dotted key. */
  readKey(): string;
  /** A string, number, boolean or date: its value does not matter here. */
  skipScalar(): void;
}

export function createTomlCursor(text: string): TomlCursor {
  let offset = 0;

  const match = (token: RegExp): string | undefined => {
    token.lastIndex = offset;
    const found = token.exec(text)?.[0];
    if (found !== undefined) offset += found.length;
    return found;
  };
  const startsWith = (expected: string) => text.startsWith(expected, offset);
  const skip = (expected: string) => {
    const isHere = startsWith(expected);
    if (isHere) offset += expected.length;
    return isHere;
  };

  return {
    offset: () => offset,
    isAtEnd: () => offset >= text.length,
    startsWith,
    skip,
    expect(expected) {
      if (!skip(expected)) throw new NotToml();
    },
    skipSpace: () => void match(inlineBlank),
    expectLineEnd() {
      if (match(lineEnd) === undefined) throw new NotToml();
    },
    skipBlank: () => void match(blank),
    readKey() {
      const bare = match(bareKey);
      if (bare !== undefined) return bare;
      const quoted = match(literalString);
      if (quoted !== undefined) return quoted.slice(1, -1);
      const escaped = match(basicString);
      if (escaped === undefined) throw new NotToml();
      return unescape(escaped.slice(1, -1));
    },
    skipScalar() {
      let token = scalar;
      if (startsWith('"""')) token = longBasicString;
      else if (startsWith("'''")) token = longLiteralString;
      else if (startsWith('"')) token = basicString;
      else if (startsWith("'")) token = literalString;
      if (match(token) === undefined) throw new NotToml();
    },
  };
}

const escapes: Readonly<Record<string, string>> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", '"': '"', "\\": "\\" };

function unescape(text: string): string {
  return text.replaceAll(
    /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/g,
    (_, short?: string, long?: string, letter?: string) => {
      const code = short ?? long;
      if (code === undefined) return escapes[letter ?? ""] ?? "";
      const codePoint = Number.parseInt(code, 16);
      if (codePoint > 0x10ffff) throw new NotToml();
      return String.fromCodePoint(codePoint);
    },
  );
}
