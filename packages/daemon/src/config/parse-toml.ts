import { isUtf8 } from "node:buffer";
import { parse } from "@iarna/toml";
import { toError } from "@orchastration/protocol";
import { explainSyntax } from "./explain-syntax.ts";
import { indexKeys, type KeyIndex, type Statement } from "./locate-key.ts";
import { type ConfigProblem, toProblem } from "./problem.ts";
import type { TomlTable, TomlValue } from "./toml-value.ts";

export type ParsedToml =
  | { readonly isValid: true; readonly table: TomlTable; readonly keys: KeyIndex }
  | { readonly isValid: false; readonly problem: ConfigProblem };

/** @param file names the file in a problem; nothing is read */
export function parseToml(file: string, bytes: Uint8Array): ParsedToml {
  if (!isUtf8(bytes)) return { isValid: false, problem: explainEncoding(file, bytes) };
  // The decoder drops a byte order mark. @iarna/toml refuses one, and a comment that ends in CRLF.
  const text = new TextDecoder().decode(bytes).replaceAll("\r\n", "\n");
  const keys = indexKeys(text);
  if (keys.refusal !== null) {
    const { offset, reason } = keys.refusal;
    return { isValid: false, problem: toProblem({ path: [], message: reason }, file, keys.placeOf(offset)) };
  }
  try {
    return { isValid: true, table: copyTable(parse(text)), keys };
  } catch (error) {
    const { message } = toError(error);
    const offset = findErrorOffset(error) ?? findFailingStatement(text, keys.statements)?.offset ?? 0;
    return { isValid: false, problem: explainSyntax({ file, text, keys, offset, message }) };
  }
}

function explainEncoding(file: string, bytes: Uint8Array): ConfigProblem {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  let line = 1;
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1 && isUtf8(bytes.subarray(start, end)); end = bytes.indexOf(10, start)) {
    line += 1;
    start = end + 1;
  }
  const got = isUtf16 ? "UTF-16" : "other bytes";
  const message = `expected UTF-8 text, got ${got}; save the file as UTF-8`;
  return toProblem({ path: [], message, expected: "UTF-8 text", got }, file, { line, column: 1 });
}

/** `pos` of the parser counts from 1. */
function findErrorOffset(error: unknown): number | undefined {
  return error instanceof Error && "pos" in error && typeof error.pos === "number" ? error.pos - 1 : undefined;
}

/** The parser names no place for a date such as 2026-13-01: the first statement with which the text cannot be parsed. */
function findFailingStatement(text: string, statements: readonly Statement[]): Statement | undefined {
  let [low, high] = [0, statements.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (canParse(text.slice(0, statements[middle]?.end ?? text.length))) low = middle + 1;
    else high = middle;
  }
  return statements[low];
}

function canParse(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function copyTable(table: object): TomlTable {
  const copy = Object.create(null) as Record<string, TomlValue>;
  for (const [key, value] of Object.entries(table)) copy[key] = copyValue(value);
  return copy;
}

function copyValue(value: unknown): TomlValue {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      return value;
    default:
      if (value instanceof Date) return value;
      if (Array.isArray(value)) return value.map(copyValue);
      if (typeof value === "object" && value !== null) return copyTable(value);
      throw new TypeError(`the parser made ${String(value)} of a value`);
  }
}
