import { createHmac } from "node:crypto";
import { OrchastrationError, runOfEntity } from "@orchastration/protocol";
import type { StoredEvent } from "@orchastration/protocol/contract";
import type { Registry, RegistryReader, RegistryWriter } from "./api.ts";
import { createCheckpoints } from "./checkpoints.ts";
import type { Database } from "./database.ts";
import { createEnvironments } from "./environments.ts";
import { createEventLog, type EventLog } from "./event-log.ts";
import { type CommitFault, createGroupCommit, type Transactions } from "./group-commit.ts";
import { createMeta } from "./meta.ts";
import { openStateDatabase } from "./open-state-database.ts";
import { createOrchestrationStore } from "./orchestration-store.ts";
import { createRepositories } from "./repositories.ts";
import { createRunStore } from "./run-store.ts";
import { StateCorruptError } from "./state-corrupt-error.ts";
import { backupAdvice, registryPath } from "./state-directory.ts";
import { storageFailure } from "./storage-failure.ts";
import { createTaskStore } from "./task-store.ts";
import { verifyRegistry, verifyTail } from "./verify.ts";

export type * from "./api.ts";
export { rebuildRuns } from "./run-history.ts";
export { StateCorruptError, StateTooNewError } from "./state-corrupt-error.ts";

export interface RegistryOptions {
  /** Canonical, existing, private to this user. */
  readonly stateDir: string;
  readonly now: () => Date;
  /** FULL: a commit is on disk when it resolves. NORMAL: the last ones may be lost with the power, never with a crash of the program. */
  readonly synchronous?: "FULL" | "NORMAL";
  readonly busyTimeoutMs?: number;
  /** For crash tests. */
  readonly faults?: CommitFault;
}

/**
 * Opens the registry of a state directory, and creates it in a fresh one.
 * @throws StateCorruptError when the file, or the directory as a whole, is not as this program left it
 * @throws StateTooNewError when a newer program wrote it
 */
export function openRegistry(options: RegistryOptions): Registry {
  const { stateDir, now, synchronous = "FULL", busyTimeoutMs = 5_000, faults = () => {} } = options;
  const database = openStateDatabase({ stateDir, now, synchronous, busyTimeoutMs });
  const meta = createMeta(database);
  const log = createEventLog(database, now);
  requireWholeTail(database, log, stateDir);
  const repositories = createRepositories(database);
  const runs = createRunStore(database, log, repositories, stateDir);
  const tasks = createTaskStore(database, log, repositories);
  const orchestrations = createOrchestrationStore(database, log, repositories);
  const environments = createEnvironments(database, meta.salt());
  const checkpoints = createCheckpoints(database);
  const listeners = new Set<(events: readonly StoredEvent[]) => void>();

  const reader: RegistryReader = {
    runs,
    tasks,
    orchestrations,
    events: log,
    environments,
    recordsSettledThrough: meta.recordsSettledThrough,
  };
  const writer: RegistryWriter = {
    ...reader,
    runs: {
      ...runs,
      insert(declared) {
        const run = runs.insert(declared);
        tasks.follow(run, { name: "run.queued", payload: { run: declared } }, declared.requestedBy);
        return run;
      },
      transition(id, advance, actor) {
        const run = runs.transition(id, advance, actor);
        tasks.follow(run, advance.event, actor);
        return run;
      },
    },
    tasks,
    orchestrations,
    environments,
    events: {
      ...log,
      append: ({ actor, entity, name, payload }) => log.append({ actor, entity, name, payload }, ownerOf(entity)),
    },
    settleRecordsThrough: meta.settleRecordsThrough,
  };

  function ownerOf(entity: string): number | null {
    const run = runOfEntity(entity);
    return run === undefined ? null : runs.keyOf(run);
  }

  const group = createGroupCommit<RegistryWriter, StoredEvent>({
    transactions: transactionsOf(database, synchronous),
    writer,
    remember() {
      const restoreLog = log.remember();
      return () => {
        restoreLog();
        runs.forget();
        environments.forget();
      };
    },
    takeChanges: log.takeAppended,
    publish(events) {
      tellAll(listeners, events);
      checkpoints.afterCommit();
    },
    storageFailure: (error) => storageFailure(error, stateDir),
    faults,
  });

  return {
    ...reader,
    secret: (purpose) => createHmac("sha256", meta.salt()).update(purpose).digest(),
    commit: (write, { isFlushed = true } = {}) =>
      database.open ? group.commit(write, isFlushed) : Promise.reject(closed()),
    // A flush takes along what was not flushed before it, and only a transaction that writes is flushed.
    flush: () => group.commit((tx) => tx.settleRecordsThrough(tx.recordsSettledThrough()), true),
    onCommitted(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    verify: (options) => verifyRegistry(log, { runs, tasks, orchestrations }, options),
    close() {
      if (!database.open) return;
      checkpoints.stop();
      group.flush();
      database.close();
    },
  };
}

function requireWholeTail(database: Database, log: EventLog, stateDir: string): void {
  const tail = verifyTail(log);
  if (tail.ok) return;
  database.close();
  throw new StateCorruptError(
    `event ${tail.seq} of ${registryPath(stateDir)} does not fit the log: ${tail.reason}`,
    backupAdvice(stateDir),
  );
}

function tellAll(listeners: Iterable<(events: readonly StoredEvent[]) => void>, events: readonly StoredEvent[]): void {
  const errors: unknown[] = [];
  for (const listener of listeners) {
    try {
      listener(events);
    } catch (error) {
      errors.push(error);
    }
  }
  // A defect, and none of the other listeners': it is reported as what nobody caught.
  if (errors.length > 0) throw new AggregateError(errors, "a listener of committed events failed");
}

function transactionsOf(database: Database, synchronous: "FULL" | "NORMAL"): Transactions {
  const statement = (sql: string) => {
    const prepared = database.prepare(sql);
    return () => void prepared.run();
  };
  const begin = statement("BEGIN IMMEDIATE");
  let current = synchronous;
  return {
    begin(isFlushed) {
      const wanted = isFlushed ? synchronous : "NORMAL";
      // With NORMAL SQLite writes the transaction to the write-ahead log and leaves flushing it to the next one with FULL.
      if (wanted !== current) database.exec(`PRAGMA synchronous = ${wanted}`);
      current = wanted;
      begin();
    },
    commit: statement("COMMIT"),
    rollback: statement("ROLLBACK"),
    savepoint: statement("SAVEPOINT alone"),
    releaseSavepoint: statement("RELEASE alone"),
    rollbackToSavepoint() {
      database.exec("ROLLBACK TO alone; RELEASE alone");
    },
    isOpen: () => database.inTransaction,
  };
}

function closed(): OrchastrationError {
  return new OrchastrationError("DaemonStopping", "the registry is closed: the daemon is about to end");
}
