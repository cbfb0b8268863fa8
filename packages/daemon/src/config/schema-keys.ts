import { z } from "zod";
import type { KeyPath } from "./key-path.ts";
import { fileSchema } from "./schema.ts";

/** The keys that are known in the table at `path`; none where every name is allowed or no table belongs. */
export function keysAt(path: KeyPath): string[] {
  let schema = unwrap(fileSchema);
  for (const part of path) {
    if (schema instanceof z.ZodObject) schema = unwrap(schema.shape[part]);
    else if (schema instanceof z.ZodRecord) schema = unwrap(schema.valueType);
    else return [];
  }
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** Every key of the configuration; `<name>` stands for a name of the user's choice. */
export function listKeys(path: readonly string[] = [], schema: unknown = fileSchema): string[] {
  const known = unwrap(schema);
  if (known instanceof z.ZodObject) {
    return Object.entries(known.shape).flatMap(([key, child]) => listKeys([...path, key], child));
  }
  if (known instanceof z.ZodRecord) return listKeys([...path, "<name>"], known.valueType);
  return [path.join(".")];
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}
