/** A bigint is an integer outside ±(2^53 - 1), wrapped at 64 bits: no key of ours takes one. */
export type TomlValue = string | number | bigint | boolean | Date | readonly TomlValue[] | TomlTable;

/** Without a prototype: it has the keys of the file and no others. */
export interface TomlTable {
  readonly [key: string]: TomlValue;
}

export function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === "object" && !isList(value) && !(value instanceof Date);
}

export function isList(value: TomlValue | undefined): value is readonly TomlValue[] {
  return Array.isArray(value);
}
