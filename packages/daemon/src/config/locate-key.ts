import type { KeyPath } from "./key-path.ts";
import type { Place } from "./problem.ts";
import { createTomlCursor, NotToml, type TomlCursor } from "./toml-cursor.ts";

/** Lists within tables within lists: no valid file comes near it, and a hostile one must not exhaust the stack. */
const deepestNesting = 32;

/** TOML that is not handed to the parser. */
interface Refusal {
  readonly offset: number;
  readonly reason: string;
}

/** An assignment or a table header, with the full path of what it defines. */
export interface Statement {
  readonly path: KeyPath;
  readonly offset: number;
  /** Just behind it; null when it breaks off. */
  readonly end: number | null;
}

/** Where the keys of a TOML text stand. A text that is no TOML is indexed up to the place where it stops being TOML. */
export interface KeyIndex {
  readonly statements: readonly Statement[];
  readonly refusal: Refusal | null;
  /** Of the key, or, when it is not written, of the nearest written table around it. */
  locate(path: KeyPath): Place;
  placeOf(offset: number): Place;
}

interface Node {
  offset: number;
  /** It has a header of its own, whatever mentioned it before: that header is its place. */
  hasHeader: boolean;
  readonly keys: Map<string, Node>;
  readonly items: Node[];
}

/** @param text without carriage returns and byte order mark, as `parse-toml.ts` makes it */
export function indexKeys(text: string): KeyIndex {
  const root = createNode(0);
  const statements: Statement[] = [];
  const cursor = createTomlCursor(text);
  let refusal: Refusal | null = null;
  try {
    scanStatements(cursor, root, statements);
  } catch (error) {
    if (error instanceof RefusedToml) refusal = { offset: cursor.offset(), reason: error.message };
    else if (!(error instanceof NotToml)) throw error;
  }
  const placeOf = createLineTable(text);
  return { statements, refusal, placeOf, locate: (path) => placeOf(findNode(root, path).offset) };
}

class RefusedToml extends Error {}

function scanStatements(cursor: TomlCursor, root: Node, statements: Statement[]): void {
  let table = root;
  let tablePath: KeyPath = [];
  for (cursor.skipBlank(); !cursor.isAtEnd(); cursor.skipBlank()) {
    const offset = cursor.offset();
    const isHeader = cursor.skip("[");
    const isItem = isHeader && cursor.skip("[");
    const keys = readDottedKey(cursor);
    const path = keys.map(({ key }) => key);
    const statement = { path: isHeader ? path : [...tablePath, ...path], offset, end: null };
    const index = statements.push(statement) - 1;
    if (isHeader) {
      cursor.expect(isItem ? "]]" : "]");
      table = openTable(root, keys, isItem);
      tablePath = path;
    } else {
      scanAssignment(cursor, table, keys, 0);
    }
    const end = cursor.offset();
    cursor.expectLineEnd();
    statements[index] = { ...statement, end };
  }
}

interface Key {
  readonly key: string;
  readonly offset: number;
}

function readDottedKey(cursor: TomlCursor): Key[] {
  const keys: Key[] = [];
  do {
    cursor.skipSpace();
    const offset = cursor.offset();
    const key = cursor.readKey();
    // The parser builds ordinary objects: `[constructor]` would write into what every object of the process inherits.
    if (key in Object.prototype) throw new RefusedToml(`${JSON.stringify(key)} cannot be used as a key`);
    refuseBeyondDepth(keys.length);
    keys.push({ key, offset });
    cursor.skipSpace();
  } while (cursor.skip("."));
  return keys;
}

function openTable(root: Node, keys: readonly Key[], isItem: boolean): Node {
  let node = root;
  for (const [index, { key, offset }] of keys.entries()) {
    const child = childOf(node, key, offset);
    const isLast = index === keys.length - 1;
    if (isLast && isItem) child.items.push(createNode(offset));
    else if (isLast && !child.hasHeader) Object.assign(child, { offset, hasHeader: true });
    node = child.items.at(-1) ?? child;
  }
  return node;
}

function scanAssignment(cursor: TomlCursor, table: Node, keys: readonly Key[], depth: number): void {
  let node = table;
  for (const { key, offset } of keys) node = childOf(node, key, offset);
  cursor.expect("=");
  cursor.skipSpace();
  scanValue(cursor, node, depth);
}

function scanValue(cursor: TomlCursor, node: Node, depth: number): void {
  refuseBeyondDepth(depth);
  if (cursor.skip("[")) scanList(cursor, node, depth);
  else if (cursor.skip("{")) scanInlineTable(cursor, node, depth);
  else cursor.skipScalar();
}

function scanList(cursor: TomlCursor, node: Node, depth: number): void {
  for (cursor.skipBlank(); !cursor.skip("]"); cursor.skipBlank()) {
    const item = createNode(cursor.offset());
    node.items.push(item);
    scanValue(cursor, item, depth + 1);
    cursor.skipBlank();
    if (!cursor.skip(",") && !cursor.startsWith("]")) throw new NotToml();
  }
}

function scanInlineTable(cursor: TomlCursor, node: Node, depth: number): void {
  for (cursor.skipSpace(); !cursor.skip("}"); cursor.skipSpace()) {
    scanAssignment(cursor, node, readDottedKey(cursor), depth + 1);
    cursor.skipSpace();
    if (!cursor.skip(",") && !cursor.startsWith("}")) throw new NotToml();
  }
}

function refuseBeyondDepth(depth: number): void {
  if (depth >= deepestNesting) throw new RefusedToml(`nested deeper than ${deepestNesting} levels`);
}

function createNode(offset: number): Node {
  return { offset, hasHeader: false, keys: new Map(), items: [] };
}

function childOf(node: Node, key: string, offset: number): Node {
  const existing = node.keys.get(key);
  if (existing !== undefined) return existing;
  const child = createNode(offset);
  node.keys.set(key, child);
  return child;
}

function findNode(root: Node, path: KeyPath): Node {
  let node = root;
  for (const part of path) {
    const next = typeof part === "number" ? node.items[part] : node.keys.get(part);
    if (next === undefined) break;
    node = next;
  }
  return node;
}

function createLineTable(text: string): (offset: number) => Place {
  const starts = [0];
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
  return (offset) => {
    const line = starts.findLastIndex((start) => start <= offset);
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  };
}
