import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { DisarmedGit } from "./local-commands.ts";
import { type Git, gitAt, readItems, showPath } from "./run-git.ts";

export type ConflictKind = "content" | "rename" | "delete" | "binary" | "submodule" | "other";

export interface Conflict {
  readonly path: string;
  readonly kind: ConflictKind;
}

export type MergedTree =
  | { readonly kind: "clean"; readonly tree: string }
  | { readonly kind: "conflict"; readonly files: readonly Conflict[] };

/** Merges trees in no checkout at all. */
export type MergeTrees = (ours: string, theirs: string) => Promise<MergedTree>;

/** More than any repository has on purpose. */
const MOST_ATTRIBUTE_FILES = 1_000;

/**
 * Runs `use` with a way to merge commits. git reads .gitattributes, and merge drivers write their temporary files, in the work tree: this one is a
 * private directory with the attributes of `base` and nothing else, so that no checkout is read or touched.
 */
export async function withMergeTrees<T>(
  commonDir: string,
  base: string,
  disarmed: DisarmedGit,
  use: (merge: MergeTrees) => Promise<T>,
): Promise<T> {
  await using scratch = await mkdtempDisposable(join(tmpdir(), "orchastration-merge-"));
  const workTree = join(scratch.path, "tree");
  await mkdir(workTree);
  await writeAttributes(disarmed.git, base, workTree);
  const git = gitAt({ gitDir: commonDir, workTree });
  const call = {
    settings: disarmed.settings,
    variables: { GIT_INDEX_FILE: join(scratch.path, "index") },
    accept: [0, 1],
    isWrite: true,
  };
  return await use(async (ours, theirs) => {
    const { code, stdout } = await git(["merge-tree", "--write-tree", "-z", "--messages", ours, theirs], call);
    return parseMergedTree(code, stdout.toString("latin1"));
  });
}

async function writeAttributes(git: Git, commit: string, folder: string): Promise<void> {
  const paths = (await readItems(git, ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit])).filter(
    isAttributeFile,
  );
  for (const path of paths.slice(0, MOST_ATTRIBUTE_FILES)) {
    const { stdout, code } = await git(["cat-file", "blob", `${commit}:${showPath(path)}`], { accept: [0, 128] });
    if (code !== 0) continue;
    const file = join(folder, showPath(path));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, stdout);
  }
}

/** A tree can hold names that lead out of it. */
function isAttributeFile(path: string): boolean {
  const parts = path.split(/[/\\]/);
  return parts.at(-1) === ".gitattributes" && parts.every((part) => part !== "" && part !== "." && part !== "..");
}

/**
 * `<tree> NUL`, then `<mode> <id> <stage> TAB <path> NUL` per conflicted entry, an empty item, and messages of
 * `<count> NUL <path> NUL ... <type> NUL <text> NUL`. Source: git-merge-tree(1), OUTPUT.
 */
function parseMergedTree(code: number, printed: string): MergedTree {
  const items = printed.split("\0");
  if (code === 0) return { kind: "clean", tree: items[0] ?? "" };
  const entriesEnd = items.indexOf("", 1);
  const kinds = new Map<string, ConflictKind>();
  for (const entry of items.slice(1, entriesEnd)) {
    const isSubmodule = entry.startsWith("160000 ");
    kinds.set(entry.slice(entry.indexOf("\t") + 1), isSubmodule ? "submodule" : "other");
  }
  for (let at = entriesEnd + 1; at < items.length && items[at] !== ""; ) {
    const count = Number(items[at]);
    const paths = items.slice(at + 1, at + 1 + count);
    const kind = kindOf(items[at + 1 + count] ?? "");
    if (kind !== undefined) for (const path of paths) if (isVague(kinds.get(path))) kinds.set(path, kind);
    at += count + 3;
  }
  return { kind: "conflict", files: [...kinds].map(([path, kind]) => ({ path: showPath(path), kind })) };
}

/** The stable short types; messages that are no conflict (auto-merging) have none. */
function kindOf(type: string): ConflictKind | undefined {
  const conflict = /^CONFLICT \((.+)\)$/.exec(type)?.[1];
  if (conflict === undefined) return undefined;
  if (/rename|directory/.test(conflict)) return "rename";
  if (conflict.includes("submodule")) return "submodule";
  if (conflict.includes("delete")) return "delete";
  if (conflict.includes("binary")) return "binary";
  return conflict === "contents" ? "content" : "other";
}

/** git says several things about one path: that contents differ says the least. */
function isVague(known: ConflictKind | undefined): boolean {
  return known === undefined || known === "other" || known === "content";
}
