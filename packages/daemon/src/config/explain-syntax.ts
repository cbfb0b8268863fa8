import type { KeyIndex } from "./locate-key.ts";
import { type ConfigProblem, toProblem } from "./problem.ts";
import { quote } from "./quote.ts";
import { isSecret } from "./secret.ts";

export interface SyntaxMistake {
  readonly file: string;
  readonly text: string;
  readonly keys: KeyIndex;
  /** Where the parser gave up. */
  readonly offset: number;
  /** Of the parser. Only its first words are read: it goes on with lines of the file, which may hold secrets. */
  readonly message: string;
}

const isRedefinition = /^Can't (redefine|extend)/;

/** What the parser complains about -> what it would have accepted. The first pattern that fits counts. */
const expectations: readonly (readonly [complaint: RegExp, expected: string])[] = [
  [/^Invalid character, expected "="/, '"=" and a value'],
  [/^Invalid character, expected whitespace, comma/, "a comma or the closing bracket"],
  [/expected only whitespace or comments/, "the end of the line"],
  [/^Unknown character/, "a key, or a table header such as [jobs.build]"],
  [/^Empty bare keys|^Key ended/, "a key; one with other characters than A-Z a-z 0-9 _ - stands in quotes"],
  [/expected whitespace, \. or \]/, '"]" or another part of the key'],
  [/^Unterminated multi-line/, "three closing quotes"],
  [/^Unterminated string/, "a closing quote on the same line"],
  [/^Unterminated inline/, "a closing bracket; an inline table { ... } ends on the line on which it begins"],
  [/^Trailing commas/, 'no comma before "}"'],
  [/^Empty elements/, "one comma between two keys"],
  [
    /^Unknown escape|^Can't escape|unicode/,
    "an escape such as \\n or \\\\; a path with backslashes stands in single quotes",
  ],
  [/^Control characters/, "no control character; write it as an escape such as \\u001b"],
  [/^Key without value|expecting string|Invalid boolean|"inf"|"nan"/, "a value; text stands in quotes"],
  [/datetime|date|time|zero padded|milliseconds/i, "a date or time such as 2026-11-21T10:00:00Z"],
  [/number|digit/, "a number"],
];

export function explainSyntax({ file, text, keys, offset, message }: SyntaxMistake): ConfigProblem {
  const statement = keys.statements.findLast((candidate) => candidate.offset <= offset);
  const isInside = statement !== undefined && (statement.end === null || offset <= statement.end);
  const path = isInside ? statement.path : [];
  const startPlace = isInside ? keys.placeOf(statement.offset) : keys.placeOf(offset);

  if (isRedefinition.test(message)) {
    const first = keys.locate(path);
    const isElsewhere = first.line < startPlace.line;
    return toProblem(
      { path, message: isElsewhere ? `already defined on line ${first.line}` : "defined twice" },
      file,
      startPlace,
    );
  }

  const expected = expectations.find(([complaint]) => complaint.test(message))?.[1] ?? "TOML";
  const isAtEnd = text.slice(offset).trim() === "";
  const got = isSecret(path) ? undefined : nameCharacter(text, offset);
  // What is never closed shows itself at the end of the file; the mistake stands where it was opened.
  const place = isAtEnd ? startPlace : keys.placeOf(offset);
  const opened = startPlace.line < place.line ? `, in the value that begins on line ${startPlace.line}` : "";
  const instead = got === undefined ? "" : `, got ${got}`;
  return toProblem({ path, message: `expected ${expected}${instead}${opened}`, expected, got }, file, place);
}

function nameCharacter(text: string, offset: number): string {
  const codePoint = text.codePointAt(offset);
  if (codePoint === undefined) return "the end of the file";
  const character = String.fromCodePoint(codePoint);
  return character === "\n" ? "the end of the line" : quote(character);
}
