import { existsSync, type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";

/** What may have changed: a reason to look again when somebody asks, not a fact. */
export type RepositoryChange =
  | { readonly kind: "refs" }
  | { readonly kind: "tasks" }
  /** The repository's own configuration. */
  | { readonly kind: "config" }
  /** A worktree's directory came or went. */
  | { readonly kind: "worktrees" }
  /** HEAD, index or an unfinished operation of the worktree whose git directory this is. */
  | { readonly kind: "worktree"; readonly gitDir: string };

export interface RepositoryWatchPlan {
  readonly commonDir: string;
  /** `.orchastration/tasks`; need not exist yet. */
  readonly tasksDirectory: string;
  /** In which the worktrees of tasks lie; need not exist yet. */
  readonly worktreesDirectory: string;
  /** git directories of worktrees that are wanted, the main one's among them. */
  readonly gitDirs: readonly string[];
}

export interface RepositoryWatchDependencies {
  /** Calls `action` once after `delayMs`, unless the returned function is called before. */
  schedule(action: () => void, delayMs: number): () => void;
  /** A directory that cannot be watched (the system's watches are used up): changes in it go unnoticed. */
  onError(error: unknown): void;
}

export interface RepositoryWatch {
  /** Worktrees come and go. */
  setGitDirs(gitDirs: readonly string[]): void;
  close(): void;
}

/** One command of git renames several files; one look is enough. */
const SETTLE_MS = 100;

interface Target {
  readonly directory: string;
  readonly change: RepositoryChange;
  isMeant(name: string): boolean;
}

interface Watched {
  readonly watcher: FSWatcher;
  /** Device and inode: a directory made anew is another one. */
  readonly identity: string;
}

/**
 * Tells of changes in a repository by a handful of watches on directories, none of them recursive, whatever the size of the repository: git replaces
 * files by renaming, so a watch on the file itself would stay with the old one. Never starts git. The watches keep no process alive.
 */
export function watchRepository(
  plan: RepositoryWatchPlan,
  onChange: (changes: readonly RepositoryChange[]) => void,
  { schedule, onError }: RepositoryWatchDependencies,
): RepositoryWatch {
  const watched = new Map<string, Watched>();
  const pending = new Map<string, RepositoryChange>();
  let { gitDirs } = plan;
  let targets: readonly Target[] = [];
  let cancel: (() => void) | undefined;
  let isClosed = false;

  function note(change: RepositoryChange): void {
    pending.set(JSON.stringify(change), change);
    cancel ??= schedule(() => {
      cancel = undefined;
      const changes = [...pending.values()];
      pending.clear();
      follow();
      onChange(changes);
    }, SETTLE_MS);
  }

  function look(directory: string, name: string | null): void {
    if (isClosed) return;
    for (const target of targets) {
      if (target.directory === directory && (name === null || target.isMeant(name))) note(target.change);
    }
    // It may be one of the directories that were missing, or the watched one itself that went.
    follow((target) => note(target.change));
  }

  function follow(onNew: (target: Target) => void = () => {}): void {
    if (isClosed) return;
    targets = listTargets({ ...plan, gitDirs });
    const wanted = new Set(targets.map(({ directory }) => directory));
    for (const directory of watched.keys()) if (!wanted.has(directory)) drop(directory);
    for (const directory of wanted) {
      const identity = findIdentity(directory);
      if (watched.get(directory)?.identity === identity) continue;
      drop(directory);
      if (identity === undefined || !add(directory, identity)) continue;
      for (const target of targets) if (target.directory === directory) onNew(target);
    }
  }

  function add(directory: string, identity: string): boolean {
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => look(directory, name));
      watched.set(directory, { watcher, identity });
      watcher.on("error", (error) => {
        drop(directory);
        onError(error);
      });
      return true;
    } catch (error) {
      onError(error);
      return false;
    }
  }

  function drop(directory: string): void {
    watched.get(directory)?.watcher.close();
    watched.delete(directory);
  }

  follow();
  return {
    setGitDirs(wanted) {
      gitDirs = wanted;
      follow();
    },
    close() {
      isClosed = true;
      cancel?.();
      for (const directory of watched.keys()) drop(directory);
    },
  };
}

const WORKTREE_FILES = new Set(["HEAD", "index", "MERGE_HEAD", "CHERRY_PICK_HEAD", "rebase-merge", "rebase-apply"]);

function listTargets({ commonDir, tasksDirectory, worktreesDirectory, gitDirs }: RepositoryWatchPlan): Target[] {
  const heads = join(commonDir, "refs/heads");
  const refs: RepositoryChange = { kind: "refs" };
  const tasks: RepositoryChange = { kind: "tasks" };
  // git writes `<name>.lock` first and renames it: the name that counts comes by itself.
  const isRef = (name: string) => !name.endsWith(".lock");
  const folder = dirname(tasksDirectory);
  return [
    { directory: commonDir, change: refs, isMeant: (name) => name === "packed-refs" },
    { directory: heads, change: refs, isMeant: isRef },
    { directory: join(heads, "orchastration"), change: refs, isMeant: isRef },
    { directory: folder, change: tasks, isMeant: (name) => name === basename(tasksDirectory) },
    { directory: folder, change: { kind: "config" }, isMeant: (name) => name === "config.toml" },
    { directory: worktreesDirectory, change: { kind: "worktrees" }, isMeant: () => true },
    // Only until it exists: much is written in the top directory of a repository.
    ...(existsSync(folder)
      ? []
      : [{ directory: dirname(folder), change: tasks, isMeant: (name: string) => name === basename(folder) }]),
    { directory: tasksDirectory, change: tasks, isMeant: (name) => name.endsWith(".md") },
    ...gitDirs.map((gitDir): Target => {
      const change = { kind: "worktree", gitDir } as const;
      return { directory: gitDir, change, isMeant: (name) => WORKTREE_FILES.has(name) };
    }),
  ];
}

function findIdentity(directory: string): string | undefined {
  const stats = statSync(directory, { bigint: true, throwIfNoEntry: false });
  return stats?.isDirectory() === true ? `${stats.dev}:${stats.ino}` : undefined;
}
