import type { Database } from "./database.ts";

/** Frames (pages of 4 KiB) in the write-ahead log beyond which it is worth a pause: about 16 MiB. */
const MOST_FRAMES = 4_096;
/** Nothing was committed for so long: nobody waits for the disk now. */
const IDLE_MS = 1_000;

export interface Checkpoints {
  /** Called after every commit, when those who waited for it have been told. */
  afterCommit(): void;
  stop(): void;
}

interface Progress {
  /** Frames in the write-ahead log, and how many of them are in the database file as well. */
  readonly log: number;
  readonly checkpointed: number;
}

/**
 * Chooses when to checkpoint, which blocks the event loop for as long as the disk takes: while idle, or when the write-ahead log has grown so long
 * that reading suffers.
 */
export function createCheckpoints(database: Database): Checkpoints {
  const progress = database.prepare<[], Progress>("PRAGMA wal_checkpoint(NOOP)");
  const idle = setTimeout(run, IDLE_MS).unref();

  function pendingFrames(): number {
    const { log, checkpointed } = progress.get() ?? { log: 0, checkpointed: 0 };
    return log - checkpointed;
  }

  function run(): void {
    try {
      if (pendingFrames() > 0) database.pragma("wal_checkpoint(PASSIVE)");
    } catch {
      // No room for it: what is committed stands in the write-ahead log, and the next attempt is as good.
    }
  }

  return {
    afterCommit() {
      idle.refresh();
      if (pendingFrames() > MOST_FRAMES) run();
    },
    stop: () => clearTimeout(idle),
  };
}
