import { isAbsolute, join, resolve } from "node:path";
import { taskName } from "@orchastration/protocol";
import type { Task } from "@orchastration/protocol/contract";
import type { Config } from "../../config/config.ts";

/** The product's folder in a repository. */
export function productFolder(root: string): string {
  return join(root, ".orchastration");
}

export function tasksFolder(root: string): string {
  return join(productFolder(root), "tasks");
}

/** Null for a configured task. */
export function taskFilePath(task: Task): string | null {
  if (task.kind === "configured" || task.repository === null) return null;
  return join(tasksFolder(task.repository), `${taskName(task)}.md`);
}

export function worktreesFolder(root: string, { worktrees }: Pick<Config, "worktrees">): string {
  if (worktrees.root === null) return join(productFolder(root), "worktrees");
  return isAbsolute(worktrees.root) ? worktrees.root : resolve(root, worktrees.root);
}

/** Where the work of a task is done, or will be. */
export function taskWorktreePath(task: Task, config: Pick<Config, "worktrees" | "tasks">): string | null {
  if (task.lease !== null) return task.lease.path;
  if (task.kind === "configured") return config.tasks.get(task.slug)?.workingDir ?? null;
  return task.repository === null ? null : join(worktreesFolder(task.repository, config), taskName(task));
}
