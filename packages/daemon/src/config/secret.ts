import type { KeyPath } from "./key-path.ts";

/** Values of environment tables are never shown: neither in an error nor by `config show`. Their names are. */
export function isSecret(path: KeyPath): boolean {
  return path[0] === "jobs" && path[2] === "env";
}
