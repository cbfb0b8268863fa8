import { constants } from "node:fs";
import { appendFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { taskName } from "@orchastration/protocol";
import type { Log } from "../../logging/log.ts";
import type { Registry } from "../../registry/registry.ts";
import { isThroughLink } from "../../task-files/read-bytes.ts";
import { onTaskEvents, type TaskChange } from "./on-task-events.ts";
import { productFolder } from "./task-paths.ts";

/** One older file is kept. */
const ROTATE_AT_BYTES = 10 * 1024 * 1024;

/** A link that a repository brings would lead what we write into any file of the user's. Windows has no such flag. */
const APPEND = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

export interface TaskLog {
  settled(): Promise<void>;
}

/**
 * `.orchastration/logs.jsonl` of a repository: the events of its tasks, one JSON line each, for people and their tools. The log of the registry is the
 * record; this file may be deleted at any time.
 */
export function createTaskLog({ registry, log }: { readonly registry: Registry; readonly log: Log }): TaskLog {
  let writing: Promise<void> = Promise.resolve();

  onTaskEvents(registry, (events) => {
    const lines = new Map<string, string[]>();
    for (const event of events) {
      const { repository: root } = event.task;
      if (root !== null) lines.set(root, [...(lines.get(root) ?? []), lineOf(event)]);
    }
    for (const [root, texts] of lines) writing = writing.then(() => write(root, texts));
  });

  async function write(root: string, lines: readonly string[]): Promise<void> {
    const file = join(productFolder(root), "logs.jsonl");
    try {
      if (await isThroughLink(file)) return;
      const size = await stat(file).then(
        (stats) => stats.size,
        () => 0,
      );
      if (size > ROTATE_AT_BYTES) await rename(file, `${file}.1`);
      await appendFile(file, `${lines.join("\n")}\n`, { flag: APPEND });
    } catch (error) {
      log.debug("task-log.unwritten", String(error), { repository: root });
    }
  }

  return { settled: () => writing };
}

function lineOf({ task, event: { seq, at, name, actor, payload } }: TaskChange): string {
  const { task: _task, ...facts } = payload;
  return JSON.stringify({
    timestamp: at,
    level: name === "task.failed" ? "warn" : "info",
    event: name,
    task: task.number ?? task.slug,
    slug: task.slug,
    message: `task ${taskName(task)}: ${name.replace(/^task\./, "")}`,
    actor,
    seq,
    ...facts,
  });
}
