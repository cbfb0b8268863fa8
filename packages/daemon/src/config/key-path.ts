import { quote } from "./quote.ts";
import { isList, isTable, type TomlTable, type TomlValue } from "./toml-value.ts";

/** Keys and, for items of a list, indexes from 0. */
export type KeyPath = readonly (string | number)[];

/** As it would be written in the file: `jobs."my job".command[0]`. */
export function formatKey(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const key = /^[A-Za-z0-9_-]+$/.test(part) ? part : quote(part);
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

/** `undefined` where nothing stands at that path. */
export function findValue(table: TomlTable, path: KeyPath): TomlValue | undefined {
  let value: TomlValue | undefined = table;
  for (const part of path) {
    if (isTable(value) && typeof part === "string" && Object.hasOwn(value, part)) value = value[part];
    else if (isList(value) && typeof part === "number") value = value[part];
    else return undefined;
  }
  return value;
}
