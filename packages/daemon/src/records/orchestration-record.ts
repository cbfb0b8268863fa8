import { join } from "node:path";
import { orchestrationRecordOf } from "@orchastration/protocol";
import type { Orchestration } from "@orchastration/protocol/contract";
import { writeJson } from "./write-file.ts";

/** The record as the orchestration stands: it is written again with every step. */
export async function writeOrchestrationRecord(stateDir: string, orchestration: Orchestration): Promise<void> {
  await writeJson(join(stateDir, orchestration.record), orchestrationRecordOf(orchestration));
}

/** Writes every record again; answers how many there were. */
export async function rewriteOrchestrationRecords(
  stateDir: string,
  orchestrations: Iterable<Orchestration>,
): Promise<number> {
  let count = 0;
  for (const orchestration of orchestrations) {
    await writeOrchestrationRecord(stateDir, orchestration);
    count += 1;
  }
  return count;
}
