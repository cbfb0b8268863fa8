/** Control, bidirectional and zero-width characters: they could rewrite the line on which a terminal shows them. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text from a file or a path, fit for an error message. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`);
}

/** A quoted excerpt of about `most` characters. */
export function quote(text: string, most = 60): string {
  return printable(JSON.stringify(text.length > most ? `${text.slice(0, most)}…` : text));
}
