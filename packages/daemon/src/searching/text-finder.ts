/** Finds one text in text of one character per byte (latin1 of UTF-8). */
export interface TextFinder {
  /** Bytes of the longest text that it takes for the one that is looked for. */
  readonly longestBytes: number;
  /** Index of the first one from there on, -1 when there is none. */
  find(text: string, from: number): number;
}

/** UTF-8 is read from any place on: the bytes of a character are never part of another one, so bytes can be compared as they are. */
export function createTextFinder(wanted: string, isCaseIgnored: boolean): TextFinder {
  if (!isCaseIgnored) {
    const bytes = toBytes(wanted);
    return { longestBytes: bytes.length, find: (text, from) => text.indexOf(bytes, from) };
  }
  const characters = Array.from(wanted, (character) => variantsOf(character).map(toBytes));
  const source = characters.map((variants) => `(?:${variants.map(toPattern).join("|")})`);
  const expression = new RegExp(source.join(""), "g");
  return {
    longestBytes: characters.reduce((sum, variants) => sum + Math.max(...variants.map(({ length }) => length)), 0),
    find(text, from) {
      expression.lastIndex = from;
      return expression.exec(text)?.index ?? -1;
    },
  };
}

/** Itself in lower and upper case, as far as those are single characters too: `ß` is not found as `SS`. */
function variantsOf(character: string): readonly string[] {
  const variants = [character, character.toLowerCase(), character.toUpperCase()];
  return [...new Set(variants)].filter((variant) => Array.from(variant).length === 1);
}

function toPattern(bytes: string): string {
  return Array.from(bytes, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`).join("");
}

function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
