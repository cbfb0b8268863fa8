import { createWakeUp } from "./wake-up.ts";
import { watchPath } from "./watch-path.ts";

/** Of output of any size no more than this is held in memory. */
const CHUNK_BYTES = 256 * 1024;

/** Output that is still being written. */
export interface GrowingOutput {
  /** What changes when there is more; undefined while it does not exist. */
  readonly path: string | undefined;
  /**
   * Up to `maxBytes` from `offset` on, none when there are no more yet; valid until the next call. They begin later than asked for when what was
   * before them is gone.
   */
  read(offset: number, maxBytes: number): { readonly offset: number; readonly bytes: Uint8Array };
  close(): void;
}

/** Takes bytes and where they begin, and resolves when they have been handed on: the buffer may then be used again. */
export type OutputSink = (bytes: Uint8Array, offset: number) => Promise<void>;

export interface Follower {
  /** What lies behind this offset is not part of the content; the follower is done there, or where the output ends if that comes first. */
  finishAt(offset: number): void;
  /** Done where it stands. */
  stop(): void;
  /** Resolves with the offset up to which the sink has taken the bytes. Rejects when the sink does. */
  readonly done: Promise<number>;
}

/** Hands on the bytes of growing output, from an offset on, and no faster than the sink takes them. */
export function followGrowing(output: GrowingOutput, sink: OutputSink, from: number): Follower {
  const wakeUp = createWakeUp();
  let end = Number.POSITIVE_INFINITY;
  let isStopped = false;
  let stopWatching: (() => void) | undefined;

  async function follow(): Promise<number> {
    let position = from;
    while (!isStopped && position < end) {
      const { offset, bytes } = output.read(position, Math.min(CHUNK_BYTES, end - position));
      if (bytes.length > 0) {
        await sink(bytes, offset);
        position = offset + bytes.length;
      } else if (end < Number.POSITIVE_INFINITY) {
        break;
      } else if (output.path !== undefined && stopWatching === undefined) {
        // Read again before waiting: what was written before the watch began wakes nobody.
        stopWatching = watchPath(output.path, wakeUp.wake);
      } else {
        await wakeUp.next();
      }
    }
    return position;
  }

  // Not at once: an end that is said in the same breath holds from the first read on.
  const done = Promise.resolve()
    .then(follow)
    .finally(() => {
      stopWatching?.();
      output.close();
    });
  return {
    done,
    finishAt(offset) {
      end = offset;
      wakeUp.wake();
    },
    stop() {
      isStopped = true;
      wakeUp.wake();
    },
  };
}
