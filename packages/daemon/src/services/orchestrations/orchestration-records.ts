import type { Orchestration } from "@orchastration/protocol/contract";
import type { Log } from "../../logging/log.ts";

export interface OrchestrationRecords {
  /** Begins to write the record as the orchestration stands. Called in the order of the log. */
  write(orchestration: Orchestration): void;
  /** Resolves when nothing more is being written. */
  written(): Promise<void>;
}

export interface OrchestrationRecordsDependencies {
  readonly writeRecord: (orchestration: Orchestration) => Promise<void>;
  readonly log: Log;
}

/** Derived from the registry and written after the commit, one after another. What cannot be written stands in the registry, and doctor writes it. */
export function createOrchestrationRecords({
  writeRecord,
  log,
}: OrchestrationRecordsDependencies): OrchestrationRecords {
  let tail: Promise<void> = Promise.resolve();
  return {
    write(orchestration) {
      tail = tail
        .then(() => writeRecord(orchestration))
        .catch((error: unknown) => {
          log.warn("record.unwritten", `the record of orchestration ${orchestration.id}: ${String(error)}`);
        });
    },
    written: () => tail,
  };
}
