import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

export type GitEntry =
  | { readonly kind: "worktree"; readonly top: string }
  | { readonly kind: "bare"; readonly gitDir: string };

/**
 * The repository around a canonical directory, by git's own files alone. A directory that looks like a bare repository counts only when it lies in
 * no worktree: one inside of a worktree is part of its files, and its configuration is anybody's.
 */
export function findGitEntry(directory: string): GitEntry | undefined {
  let bare: string | undefined;
  for (let folder = directory; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return { kind: "worktree", top: folder };
    bare ??= looksBare(folder) ? folder : undefined;
    if (dirname(folder) === folder) return bare === undefined ? undefined : { kind: "bare", gitDir: bare };
  }
}

/** A repository may hold another one, whose files are the outer one's as well. */
export function findOutermostWorktree(directory: string): string | undefined {
  const parent = dirname(directory);
  const outer = parent === directory ? undefined : findOutermostWorktree(parent);
  return outer ?? (existsSync(join(directory, ".git")) ? directory : undefined);
}

function looksBare(folder: string): boolean {
  const isDirectory = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() === true;
  return existsSync(join(folder, "HEAD")) && isDirectory("objects") && isDirectory("refs");
}
