import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseTaskName, type TaskName } from "@orchastration/protocol";
import { errorCode } from "@orchastration/protocol/node";
import { type TaskFileProblem, toProblem } from "./problem.ts";

export const extension = ".md";

export interface ListedTaskFile extends TaskName {
  readonly path: string;
}

export interface TaskFileList {
  /** By id. Files of one id are all listed, and are a problem. */
  readonly files: readonly ListedTaskFile[];
  readonly problems: readonly TaskFileProblem[];
}

/** What the names in a folder of tasks say; no file is opened. A folder that is not there has no tasks. */
export async function listTaskFiles(directory: string): Promise<TaskFileList> {
  const names = await readNames(directory);
  if (!Array.isArray(names)) return { files: [], problems: [names] };
  const problems: TaskFileProblem[] = [];
  const files = names.flatMap((name): ListedTaskFile[] => {
    const path = join(directory, name);
    const task = parseTaskName(name.slice(0, -extension.length));
    if (task !== undefined) return [{ ...task, path }];
    problems.push(
      toProblem({ kind: "bad-name", message: "not the name of a task's file", expected: nameExample }, path),
    );
    return [];
  });
  files.sort((a, b) => a.id - b.id || (a.slug < b.slug ? -1 : 1));
  for (const [index, { id, path }] of files.entries()) {
    if (files[index - 1]?.id !== id) continue;
    problems.push(toProblem({ kind: "duplicate-id", message: `another file has the id ${id} too` }, path));
  }
  return { files, problems };
}

const nameExample = "{id}-{slug}.md, such as 12-fix-login.md";

/** The Markdown files. Those of editors begin with a dot, and a README explains the folder. */
async function readNames(directory: string): Promise<string[] | TaskFileProblem> {
  try {
    const names = await readdir(directory);
    return names.filter((name) => name.endsWith(extension) && !/^(?:\.|readme\.)/i.test(name)).sort();
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return [];
    return toProblem(
      { kind: "unreadable", message: `the tasks cannot be listed (${code ?? String(error)})` },
      directory,
    );
  }
}
