import fc from "fast-check";
import type { KeyPath } from "../../src/config/key-path.ts";
import type { Place } from "../../src/config/problem.ts";

/** A document together with the way in which each part of it is written. */
type Value =
  | { readonly kind: "scalar"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly Value[]; readonly separator: string }
  | { readonly kind: "inline"; readonly entries: readonly Entry<Value>[] };

interface Entry<Child> {
  readonly key: string;
  readonly quoting: "basic" | "literal" | "bare";
  /** What stands on the lines before. */
  readonly before: string;
  readonly child: Child;
}

export interface Table {
  readonly values: readonly Entry<Value>[];
  /** Written as `key.part = value`. */
  readonly dotted: readonly Entry<readonly Entry<Value>[]>[];
  readonly tables: readonly Entry<Table>[];
  readonly arrays: readonly Entry<readonly Table[]>[];
}

const scalar = fc.oneof(
  fc.constantFrom("1", "-0.5", "true", "1979-05-27 07:32:00Z", "0xff"),
  fc.constantFrom('""', '"# no [comment]"', '"a \\" b"', "'\\'", "'a = 1'", '"é 🚀"'),
  fc.constantFrom('"""\n[no.table]\nx = 1\n"""', "'''\n''k = 2''\n'''", '"""a ""\\" b"""'),
);
const keyText = fc.oneof(
  fc.constantFrom("command", "env", "a-b", "1", "x_y"),
  fc.string({
    unit: fc.constantFrom("a", "b", ".", " ", "#", "=", "]", "é", '"', "\\", "🚀"),
    minLength: 1,
    maxLength: 6,
  }),
);
const before = fc.constantFrom("", "", "\n", "# comment [x] = {\n", "  ", "\t# [y]\n\n ");
const quoting = fc.constantFrom("basic", "literal", "bare");

function entries<Child>(child: fc.Arbitrary<Child>, maxLength: number) {
  const entry = fc.record({ key: keyText, quoting, before, child });
  return fc.uniqueArray(entry, { selector: ({ key }) => key, maxLength });
}

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.record({ kind: fc.constant("scalar"), text: scalar }),
    fc.record({
      kind: fc.constant("list"),
      items: fc.array(tie("value"), { maxLength: 3 }),
      separator: fc.constantFrom(", ", ",", " ,\n  ", ", # ], no end\n\n"),
    }),
    fc.record({ kind: fc.constant("inline"), entries: entries(tie("value"), 3) }),
  ),
}));

const { table } = fc.letrec<{ table: Table }>((tie) => ({
  table: fc
    .record({
      values: entries(value, 3),
      dotted: entries(entries(value, 2), 2),
      tables: fc.oneof({ maxDepth: 2 }, fc.constant([]), entries(tie("table"), 2)),
      arrays: fc.oneof(
        { maxDepth: 2 },
        fc.constant([]),
        entries(fc.array(tie("table"), { minLength: 1, maxLength: 2 }), 1),
      ),
    })
    .map(withUniqueKeys),
}));

export const tomlDocument = table;

function withUniqueKeys({ values, dotted, tables, arrays }: Table): Table {
  const taken = new Set<string>();
  const fresh = ({ key }: { key: string }) => !taken.has(key) && taken.add(key) !== undefined;
  return {
    values: values.filter(fresh),
    dotted: dotted.filter(({ child }) => child.length > 0).filter(fresh),
    tables: tables.filter(fresh),
    arrays: arrays.filter(fresh),
  };
}

export interface RenderedToml {
  readonly text: string;
  readonly expected: readonly { readonly path: KeyPath; readonly place: Place }[];
}

export function renderToml(document: Table): RenderedToml {
  let text = "";
  const expected: { path: KeyPath; place: Place }[] = [];

  const write = (part: string) => {
    text += part;
  };
  const mark = (path: KeyPath) => {
    const lines = text.split("\n");
    expected.push({ path, place: { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 } });
  };
  const writeValue = (current: Value, path: KeyPath): void => {
    switch (current.kind) {
      case "scalar":
        write(current.text);
        break;
      case "list":
        write("[");
        for (const [index, item] of current.items.entries()) {
          if (index > 0) write(current.separator);
          mark([...path, index]);
          writeValue(item, [...path, index]);
        }
        write("]");
        break;
      case "inline":
        write("{ ");
        for (const [index, entry] of current.entries.entries()) {
          if (index > 0) write(", ");
          mark([...path, entry.key]);
          write(`${spell(entry)} = `);
          writeValue(entry.child, [...path, entry.key]);
        }
        write(" }");
        break;
    }
  };
  const writeHeader = (names: readonly Entry<unknown>[], path: KeyPath, brackets: readonly [string, string]): void => {
    write(`${names.at(-1)?.before ?? ""}${brackets[0]} `);
    for (const [index, name] of names.entries()) {
      if (index > 0) write(" . ");
      if (index === names.length - 1) mark(path);
      write(spell(name));
    }
    write(`${brackets[1]} # header\n`);
  };
  const writeTable = (current: Table, names: readonly Entry<unknown>[], path: KeyPath): void => {
    for (const entry of current.values) {
      write(entry.before);
      mark([...path, entry.key]);
      write(`${spell(entry)}= `);
      writeValue(entry.child, [...path, entry.key]);
      write("\n");
    }
    for (const entry of current.dotted) {
      for (const [index, part] of entry.child.entries()) {
        write(part.before);
        if (index === 0) mark([...path, entry.key]);
        write(`${spell(entry)} . `);
        mark([...path, entry.key, part.key]);
        write(`${spell(part)} = `);
        writeValue(part.child, [...path, entry.key, part.key]);
        write(" # end\n");
      }
    }
    for (const entry of current.tables) {
      const childPath = [...path, entry.key];
      writeHeader([...names, entry], childPath, ["[", "]"]);
      writeTable(entry.child, [...names, entry], childPath);
    }
    for (const entry of current.arrays) {
      for (const [index, item] of entry.child.entries()) {
        const childPath = [...path, entry.key, index];
        writeHeader([...names, entry], childPath, ["[[", "]]"]);
        writeTable(item, [...names, entry], childPath);
      }
    }
  };

  writeTable(document, [], []);
  return { text, expected };
}

function spell({ key, quoting: wanted }: Pick<Entry<unknown>, "key" | "quoting">): string {
  if (wanted === "bare" && /^[A-Za-z0-9_-]+$/.test(key)) return key;
  if (wanted === "literal" && !key.includes("'")) return `'${key}'`;
  return JSON.stringify(key);
}
