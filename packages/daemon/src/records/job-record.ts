import { copyFileSync, linkSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { jobRecordOf } from "@orchastration/protocol";
import type { JobRecord, Run } from "@orchastration/protocol/contract";
import { buildRecordOf } from "./task-record.ts";
import { writeJson } from "./write-file.ts";

/** Writes the record of an ended run: of a job's or a command's as of a job, of a build as of what was done for a task. */
export async function writeRunRecord(run: Run): Promise<void> {
  if (run.kind === "build") await writeJson(run.recordPath, buildRecordOf(run));
  else await writeJobRecord(run);
}

/**
 * Writes the record of an ended run, and `last.json` beside it. `last.json` is the run whose end the log has last: a run that was started before
 * another and ended after it takes its place, and writing an older record again does not. It is written first, so that whoever finds the record
 * knows that nothing is owed. It is the same file by another name: written and flushed once. That the names are there is for the caller to flush.
 */
async function writeJobRecord(run: Run): Promise<void> {
  const record = jobRecordOf(run);
  const last = lastPath(run);
  await writeJson(run.recordPath, record, {
    flush: "content",
    beforeReplacing(temporary) {
      if (endOf(last) <= record.event_seq) nameAlso(temporary, last);
    },
  });
}

/** Where a file system knows no second names, a copy does. */
function nameAlso(file: string, name: string): void {
  const temporary = `${file}.last`;
  try {
    linkSync(file, temporary);
  } catch {
    copyFileSync(file, temporary);
  }
  try {
    renameSync(temporary, name);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Writes every record again. `runs` come in the order in which they ended; answers how many there were. */
export async function rewriteRecords(runs: Iterable<Run>): Promise<number> {
  const lasts = new Map<string, JobRecord>();
  let count = 0;
  for (const run of runs) {
    count += 1;
    if (run.kind === "build") {
      await writeRunRecord(run);
      continue;
    }
    const record = jobRecordOf(run);
    await writeJson(run.recordPath, record);
    lasts.set(lastPath(run), record);
  }
  for (const [path, record] of lasts) await writeJson(path, record);
  return count;
}

function lastPath(run: Run): string {
  return join(dirname(run.recordPath), "last.json");
}

/** The place in the log of the end that a record tells of; 0 when there is no such record, or one that cannot be read. */
function endOf(path: string): number {
  try {
    const { event_seq: end } = JSON.parse(readFileSync(path, "utf8")) as Partial<JobRecord>;
    return typeof end === "number" ? end : 0;
  } catch {
    return 0;
  }
}
