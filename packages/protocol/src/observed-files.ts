import type { ObservedFile } from "./contract/entities.ts";

/** The paths of those that were not there, or could not be read. */
export function missingFiles(files: readonly ObservedFile[] | undefined): string[] {
  return (files ?? []).flatMap(({ path, sha256 }) => (sha256 === null ? [path] : []));
}
