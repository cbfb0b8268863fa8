import { entityOfTask } from "@orchastration/protocol";
import type { Task } from "@orchastration/protocol/contract";
import type { BackupRef } from "../../git/backup-ref.ts";
import type { EventReader } from "../../registry/registry.ts";

/** Events read from the log at once. */
const PAGE = 500;

/**
 * The ref under which a removal that a crash interrupted has kept a task's branch: the log names it once the lease is released; before that it is
 * the one at the merged head, or else the first that was made. Null when nothing was kept.
 */
export async function findBackup(
  log: Pick<EventReader, "readEntityAfter">,
  task: Task,
  listRefs: () => Promise<readonly BackupRef[]>,
): Promise<string | null> {
  let released: string | null = null;
  let mergedHead: string | undefined;
  for (const { name, payload } of eventsOf(log, task.id)) {
    if (name === "task.worktreeRemoved") released = (payload["backupRef"] as string | null) ?? released;
    if (name === "task.merged") mergedHead = (payload["merge"] as { readonly head: string }).head;
  }
  if (task.lease === null) return released;
  const refs = await listRefs();
  return (refs.find(({ commit }) => commit === mergedHead) ?? refs[0])?.ref ?? released;
}

function* eventsOf(log: Pick<EventReader, "readEntityAfter">, task: string) {
  let after = 0;
  for (;;) {
    const page = log.readEntityAfter(entityOfTask(task), after, PAGE);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.seq;
  }
}
