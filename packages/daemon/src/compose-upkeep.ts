import { createHeads, type Heads } from "./audit/heads.ts";
import type { Log } from "./logging/log.ts";
import { writeRunRecord } from "./records/job-record.ts";
import type { Registry } from "./registry/registry.ts";
import { type Audit, createAudit } from "./services/audit.ts";
import type { DerivedFiles } from "./services/derived-files.ts";
import { createRunRecords, type RunRecords } from "./services/run-records.ts";
import { createSignHeads } from "./services/sign-heads.ts";
import { createTemporaries, type Temporaries } from "./services/temporaries.ts";
import { createTroubles, type Troubles } from "./services/troubles.ts";
import { later } from "./timers.ts";

export interface UpkeepParts {
  readonly registry: Registry;
  readonly stateDir: string;
  readonly startedAt: Date;
  /** Told when clients wait for another reason, or for none any more. */
  readonly onTrouble: () => void;
  readonly now: () => Date;
  readonly log: Log;
}

/** What follows from the registry and is kept beside it: records, task files, signed heads. What cannot be written is tried until it can be. */
export interface Upkeep {
  readonly troubles: Troubles;
  readonly records: RunRecords;
  readonly heads: Heads;
  readonly audit: Audit;
  readonly temporaries: Temporaries;
  /** Files of other kinds, which an earlier daemon may owe as well. */
  include(...files: readonly DerivedFiles[]): void;
  /** Does what an earlier daemon left undone. */
  takeUp(): Promise<void>;
  /** Signs where the log stands at the end. */
  signLast(): Promise<void>;
  close(): Promise<void>;
}

export function composeUpkeep({ registry, stateDir, startedAt, onTrouble, now, log }: UpkeepParts): Upkeep {
  const troubles = createTroubles({ log, setTimer: later, onCurrent: onTrouble });
  const others: DerivedFiles[] = [];
  const records = createRunRecords({
    registry,
    writeRecord: writeRunRecord,
    othersWrittenThrough: () => Math.min(...others.map((files) => files.writtenThrough())),
    persist: troubles.persistFiles,
    setTimer: later,
    log,
  });
  const heads = createHeads({ stateDir, now });
  const audit = createAudit({ registry, heads });
  const sayUnsigned = (error: unknown): void => log.error("head.unsigned", String(error));
  const { signHead } = audit;
  const persist = troubles.persistFiles;
  const signHeads = createSignHeads({ registry, heads, signHead, persist, onFailure: sayUnsigned });
  const temporaries = createTemporaries({ registry, stateDir, startedAt, now });
  return {
    troubles,
    records,
    heads,
    audit,
    temporaries,
    include: (...files) => void others.push(...files),
    async takeUp() {
      signHeads.signOwed();
      await Promise.all([...[records, ...others].map((files) => files.writeOwed()), temporaries.sweepAfterCrash()]);
    },
    signLast: () => signHead().catch(sayUnsigned),
    async close() {
      signHeads.close();
      await records.close();
    },
  };
}
