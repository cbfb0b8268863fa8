import { join, resolve } from "node:path";
import { substitute } from "../domain/placeholders.ts";
import { interpretFile } from "./interpret-file.ts";

export interface ProjectCommand {
  readonly argv: readonly string[];
  /** Absolute. */
  readonly workingDir: string;
}

/**
 * Every command a project file could run, with the places that are known filled in: what trust in the file has to look
 * at. A file with mistakes runs nothing.
 */
export function listProjectCommands(root: string, bytes: Uint8Array): ProjectCommand[] {
  const reading = interpretFile(join(root, ".orchastration", "config.toml"), "project", bytes);
  if (reading.state === "invalid") return [];
  const { jobs = {}, tasks = {}, worktrees } = reading.values;
  const known = (argv: readonly string[]) => substitute(argv, { project_root: root, worktree: root });
  return [
    ...[...Object.values(jobs), ...Object.values(tasks)].map(({ command, working_dir = "." }) => ({
      argv: known(command),
      workingDir: resolve(root, working_dir),
    })),
    ...(worktrees?.setup === undefined ? [] : [{ argv: known(worktrees.setup), workingDir: root }]),
  ];
}
