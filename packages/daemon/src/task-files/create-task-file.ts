import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { formatTaskName, type TaskName } from "@orchastration/protocol";
import { errorCode, flushDirectory } from "@orchastration/protocol/node";
import { extension } from "./list-task-files.ts";
import { TaskFileError, toProblem } from "./problem.ts";
import { isThroughLink } from "./read-bytes.ts";
import { renderScalar } from "./render-scalar.ts";
import { headerKeys, type TaskHeader } from "./task-header.ts";

export interface NewTaskFile extends TaskName {
  readonly header: TaskHeader;
  /** Markdown. */
  readonly body: string;
}

/**
 * Writes `{id}-{slug}.md` in a folder that exists, durably. Keys without a value are left out.
 * @returns the path, or undefined when a file of that name is there: it is left alone
 * @throws TaskFileError the folder is reached through a link
 */
export async function createTaskFile(directory: string, task: NewTaskFile): Promise<string | undefined> {
  const path = join(directory, `${formatTaskName(task)}${extension}`);
  if (await isThroughLink(path)) {
    throw new TaskFileError([toProblem({ kind: "not-a-file", message: "reached through a symbolic link" }, path)]);
  }
  try {
    await writeNew(path, renderTaskFile(task.header, task.body));
  } catch (error) {
    if (errorCode(error) === "EEXIST") return undefined;
    throw error;
  }
  await flushDirectory(directory);
  return path;
}

function renderTaskFile(header: TaskHeader, body: string): string {
  const lines = headerKeys.flatMap((key) => {
    if (key === "labels") return [`labels: [${header.labels.map((label) => renderScalar(label)).join(", ")}]`];
    return header[key] === null ? [] : [`${key}: ${renderScalar(header[key])}`];
  });
  const text = body === "" || body.endsWith("\n") ? body : `${body}\n`;
  return ["---", ...lines, "---", "", text].join("\n");
}

/** A person edits it and may share it: what they may do with other files they may do with this one. */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o666);
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
