import { renderScalar } from "./render-scalar.ts";
import { headerKeys, isTextKey, type TaskHeaderChanges, type TextKey } from "./task-header.ts";
import { type HeaderEntry, parseYaml } from "./yaml.ts";

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The header with other values for some keys, and every other character as it was. A key that stands twice is changed
 * twice; an absent one is added at the end, unless its new value is nothing.
 * @returns undefined when that cannot be done without touching anything else
 */
export async function changeHeader(
  header: string,
  changes: TaskHeaderChanges,
  eol: string,
): Promise<string | undefined> {
  const parsed = await parseYaml(header);
  if (parsed.kind === "broken") return undefined;
  const { entries, start, closingBrace } = parsed;
  const wanted: Wanted = new Map(headerKeys.filter(isTextKey).flatMap((key) => wantedValue(key, changes[key])));
  const added = [...wanted].flatMap(([key, value]) =>
    value === null || entries.some((entry) => entry.key === key) ? [] : [`${key}: ${renderScalar(value)}`],
  );
  const splices = entries.flatMap((entry) => {
    const value = wanted.get(entry.key);
    return value === undefined ? [] : [replaceValue(header, entry, value)];
  });
  if (added.length > 0) {
    splices.push(
      closingBrace === null ? addLines(header, start, added, eol) : addToBraces(entries, closingBrace, added),
    );
  }
  const changed = apply(header, splices);
  return (await isAsWanted(header, entries, changed, wanted)) ? changed : undefined;
}

type Wanted = ReadonlyMap<string | null, string | null>;

function wantedValue(key: TextKey, value: string | null | undefined): [[TextKey, string | null]] | [] {
  return value === undefined ? [] : [[key, value]];
}

function replaceValue(header: string, { range, keyEnd, quoting }: HeaderEntry, value: string | null): Splice {
  const text = renderScalar(value, quoting);
  if (range === null) return { start: keyEnd, end: keyEnd, text: `: ${text}` };
  const [start, end] = range;
  // A block ends with its last line break, which ends the entry too.
  const lineBreak = /\r?\n$/.exec(header.slice(start, end))?.[0] ?? "";
  if (start < end) return { start, end: end - lineBreak.length, text };
  const before = /[ \t\r\n]/.test(header.charAt(start - 1)) ? "" : " ";
  const after = header.charAt(start) === "#" ? " " : "";
  return { start, end, text: `${before}${text}${after}` };
}

function addLines(header: string, start: number, lines: readonly string[], eol: string): Splice {
  const lineStart = header.lastIndexOf("\n", start - 1) + 1;
  const indent = /^ */.exec(header.slice(lineStart, start))?.[0] ?? "";
  const isLineOpen = header !== "" && !header.endsWith("\n");
  const text = lines.map((line) => `${indent}${line}`).join(eol);
  return { start: header.length, end: header.length, text: isLineOpen ? `${eol}${text}` : `${text}${eol}` };
}

function addToBraces(entries: readonly HeaderEntry[], closingBrace: number, items: readonly string[]): Splice {
  const text = `${entries.length > 0 ? ", " : ""}${items.join(", ")}`;
  return { start: closingBrace, end: closingBrace, text };
}

function apply(text: string, splices: readonly Splice[]): string {
  let result = "";
  let done = 0;
  for (const { start, end, text: replacement } of splices.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(done, start) + replacement;
    done = end;
  }
  return result + text.slice(done);
}

/** Reads the result as anybody would, and compares: YAML has more forms than the splices above know. */
async function isAsWanted(before: string, entries: readonly HeaderEntry[], after: string, wanted: Wanted) {
  const parsed = await parseYaml(after);
  if (parsed.kind === "broken") return false;
  const others = (text: string, list: readonly HeaderEntry[]) =>
    list
      .filter(({ key }) => !wanted.has(key))
      .map(({ key, range, value }) => JSON.stringify([key, range === null ? null : text.slice(...range), value]));
  const isKept = others(before, entries).join("\n") === others(after, parsed.entries).join("\n");
  return (
    isKept &&
    [...wanted].every(([key, value]) => {
      const found = parsed.entries.filter((entry) => entry.key === key).map((entry) => entry.value);
      const isThere = found.length > 0 || value === null;
      return isThere && found.every((now) => now.kind === "text" && now.text === (value ?? "null"));
    })
  );
}
