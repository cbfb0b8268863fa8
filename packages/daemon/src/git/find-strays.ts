import { join } from "node:path";
import { namesIn } from "@orchastration/protocol/node";
import { openRepository } from "./repository.ts";
import { gitAtCommonDir, readGit } from "./run-git.ts";
import { listWorktrees } from "./worktree-list.ts";

/** Every branch that is made for a task begins so. */
const TASK_BRANCHES = "refs/heads/orchastration/";

/** Number and slug, and what stands before them during a removal. Others may stand in a folder that a person chose. */
const TASK_WORKTREE = /^(\.(leaving|removed)-)?\d+-[a-z]/;

/** What the tasks of a repository have. */
export interface KnownLeases {
  /** Folders in which worktrees of tasks stand. */
  readonly worktreesRoots: ReadonlySet<string>;
  readonly paths: ReadonlySet<string>;
  readonly branches: ReadonlySet<string>;
}

/** What looks like a task's, and is of no task. */
export interface Strays {
  readonly worktrees: readonly string[];
  readonly branches: readonly string[];
}

/** Undefined when there is no repository at this place any more. @throws GitError when git cannot tell */
export async function findStrays(root: string, known: KnownLeases): Promise<Strays | undefined> {
  const opened = await openRepository(root);
  if (opened.kind !== "opened") return undefined;
  const git = gitAtCommonDir(opened.repository.commonDir);
  const folders = [...known.worktreesRoots];
  const standing = folders.flatMap((folder) =>
    namesIn(folder)
      .filter((name) => TASK_WORKTREE.test(name))
      .map((name) => join(folder, name)),
  );
  const listed = (await listWorktrees(git))
    .map(({ path }) => path)
    .filter((path) => folders.some((folder) => path.startsWith(join(folder, "/"))));
  const branches = await readGit(git, ["for-each-ref", "--format=%(refname:lstrip=2)", TASK_BRANCHES]);
  return {
    worktrees: [...new Set([...standing, ...listed])].filter((path) => !known.paths.has(path)),
    branches: branches.split("\n").filter((branch) => branch !== "" && !known.branches.has(branch)),
  };
}
