import { OrchastrationError, taskOfEntity } from "@orchastration/protocol";
import type { Registry } from "../../registry/registry.ts";
import { TaskFileError } from "../../task-files/problem.ts";
import type { updateTaskFile } from "../../task-files/update-task-file.ts";
import { createDerivedFiles, type DerivedFiles, type DerivedFilesDependencies } from "../derived-files.ts";
import { taskFilePath } from "./task-paths.ts";

export interface MirrorStatusDependencies extends Pick<DerivedFilesDependencies, "persist" | "log"> {
  readonly registry: Registry;
  readonly updateTaskFile: typeof updateTaskFile;
}

/**
 * Writes `status` and `session_id` into the header of a task's file after every change of them. The registry is the truth: a file that is gone, or in
 * which they cannot be changed without guessing, is left for the next change.
 */
export function createMirrorStatus(deps: MirrorStatusDependencies): DerivedFiles {
  const { registry, updateTaskFile, log } = deps;

  async function write(id: string): Promise<void> {
    const task = registry.tasks.find(id);
    const path = task === undefined ? null : taskFilePath(task);
    if (task === undefined || path === null) return;
    const { conversation } = task;
    const changes = { status: task.state.status, ...(conversation === null ? {} : { session_id: conversation }) };
    await updateTaskFile(path, changes).catch((error: unknown) => {
      if (!(error instanceof TaskFileError)) throw error;
      if (error.problems.some(({ kind }) => kind === "unreadable")) {
        throw new OrchastrationError("SystemFailed", error.message);
      }
      log.debug("task-file.unwritten", String(error), { task: id });
    });
  }

  return createDerivedFiles({
    ...deps,
    filesAfter({ name, entity }) {
      const id = taskOfEntity(entity);
      // One that was just created has a file that says everything.
      if (id === undefined || name === "task.created") return [];
      return [{ key: `the file of task ${id}`, write: () => write(id) }];
    },
  });
}
