import { toError } from "@orchastration/protocol";
import type { CommitStep } from "../domain/fault-point.ts";

/** Called at each step of a commit. An error there before it is durable undoes it; one after it ends the daemon, which knows too little then. */
export type CommitFault = (step: CommitStep) => void;

/** Closures that share one transaction at most: the event loop is blocked while they run. */
const MOST_IN_ONE = 512;

export interface Transactions {
  /** Not flushed: it outlives this process, and with the next one that is flushed a loss of power as well. */
  begin(isFlushed: boolean): void;
  commit(): void;
  rollback(): void;
  savepoint(): void;
  releaseSavepoint(): void;
  rollbackToSavepoint(): void;
  /** False once the database has undone the transaction by itself, as it does when the disk is full. */
  isOpen(): boolean;
}

export interface GroupCommitDependencies<Writer, Change> {
  readonly transactions: Transactions;
  readonly writer: Writer;
  /** Remembers what is held in memory beside the database, and answers how to restore it when the database is rolled back. */
  readonly remember: () => () => void;
  /** What the committed closures changed, in order. */
  readonly takeChanges: () => readonly Change[];
  /** Given in a later turn of the event loop than the promises resolve in. */
  readonly publish: (changes: readonly Change[]) => void;
  /** The error to report when storage failed rather than the closure; undefined when the error is the closure's own. */
  readonly storageFailure: (error: unknown) => Error | undefined;
  readonly faults: CommitFault;
}

export interface GroupCommit<Writer> {
  /** One flushed request in a transaction flushes it for all. */
  commit<T>(write: (writer: Writer) => T, isFlushed: boolean): Promise<T>;
  /** Commits and publishes what was handed over, now. */
  flush(): void;
}

interface Request<Writer> {
  readonly isFlushed: boolean;
  /** Answers how to tell whoever asked, once the transaction is durable. */
  run(writer: Writer): () => void;
  reject(error: Error): void;
}

/**
 * Closures handed over in one turn of the event loop share one transaction and one flush of the disk. While it is being flushed requests pile up
 * in the sockets, and the next turn hands them all over: the heavier the load, the more share a flush, and an idle daemon waits for nobody.
 */
export function createGroupCommit<Writer, Change>(
  dependencies: GroupCommitDependencies<Writer, Change>,
): GroupCommit<Writer> {
  const { transactions, writer, remember, takeChanges, publish, storageFailure, faults } = dependencies;
  let waiting: Request<Writer>[] = [];
  let unpublished: Change[] = [];

  function schedule(): void {
    setImmediate(commitWaiting);
  }

  function commitWaiting(): void {
    const batch = waiting.slice(0, MOST_IN_ONE);
    waiting = waiting.slice(MOST_IN_ONE);
    if (waiting.length > 0) schedule();
    if (batch.length > 0) commitTogether(batch);
  }

  function commitTogether(batch: readonly Request<Writer>[]): void {
    const restore = remember();
    let answers: readonly (() => void)[];
    try {
      transactions.begin(batch.some(({ isFlushed }) => isFlushed));
      answers = batch.map((request) => runAlone(request));
      faults("before-commit");
      transactions.commit();
    } catch (error) {
      restore();
      const failure = storageFailure(error) ?? toError(error);
      undo();
      for (const request of batch) request.reject(failure);
      return;
    }
    faults("after-commit");
    publishLater(takeChanges());
    for (const answer of answers) answer();
  }

  /** A closure that throws is undone by itself; a storage failure undoes the whole transaction. */
  function runAlone(request: Request<Writer>): () => void {
    const restore = remember();
    transactions.savepoint();
    try {
      const answer = request.run(writer);
      transactions.releaseSavepoint();
      return answer;
    } catch (error) {
      if (!transactions.isOpen() || storageFailure(error) !== undefined) throw error;
      transactions.rollbackToSavepoint();
      restore();
      return () => request.reject(toError(error));
    }
  }

  function undo(): void {
    if (transactions.isOpen()) transactions.rollback();
  }

  function publishLater(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    if (unpublished.length === 0) setImmediate(publishNow);
    unpublished.push(...changes);
  }

  function publishNow(): void {
    const changes = unpublished;
    if (changes.length === 0) return;
    unpublished = [];
    faults("before-publish");
    publish(changes);
  }

  return {
    commit<T>(write: (writer: Writer) => T, isFlushed: boolean): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      if (waiting.length === 0) schedule();
      waiting.push({
        isFlushed,
        run(writer) {
          const result = write(writer);
          if (result instanceof Promise) throw new TypeError("a closure that is committed must not be async");
          return () => resolve(result);
        },
        reject,
      });
      return promise;
    },
    flush() {
      while (waiting.length > 0) commitWaiting();
      publishNow();
    },
  };
}
