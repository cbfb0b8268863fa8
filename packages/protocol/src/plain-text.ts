/**
 * Characters that make a terminal act, or a reader see something else than what is there: C0 and C1 controls with ESC and DEL, bidirectional
 * overrides and isolates, line and paragraph separators, and whatever shows nothing (zero-width characters, the byte order mark, tags, fillers).
 */
function actingCharacters(): RegExp {
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
}

/** Holds for nearly every text, and is found out at once; the set of all the others takes a process a millisecond to make. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/** One line of text from somebody else, safe to show in a list, a log or an error: line breaks become a visible sign, tabs a space. */
export function toPlainText(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text
    .replaceAll(/\r\n|[\r\n]/g, "␤")
    .replaceAll("\t", " ")
    .replaceAll(actingCharacters(), "");
}

/** The same document in JSON, with an escape for each of those characters. `indent`: spaces per level, 0: one line. */
export function toPlainJson(document: unknown, indent = 0): string {
  const text = JSON.stringify(document, null, indent);
  if (indent === 0 && PRINTABLE_ASCII.test(text)) return text;
  // JSON.stringify has escaped what lies below the space; a line feed that is left is its own.
  return text.replaceAll(actingCharacters(), (character) => (character === "\n" ? character : escapeUnits(character)));
}

/** JSON knows UTF-16 code units, of which a character may have two. */
function escapeUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
