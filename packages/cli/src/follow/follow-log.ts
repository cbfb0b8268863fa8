import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { openIfPresent } from "@orchastration/protocol/node";
import type { Sink } from "../output/write.ts";
import { createWakeUp } from "./wake-up.ts";
import { watchPath } from "./watch-path.ts";

const CHUNK_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

export interface LogFollower {
  /** Ends when all that is there now has been handed on. */
  finish(): void;
  readonly done: Promise<void>;
}

/** Hands on a log from an offset, and goes on with the file that takes its place when it is rotated. */
export function followLog(path: string, sink: Sink, from: number): LogFollower {
  const wakeUp = createWakeUp();
  let isFinishing = false;
  let stopWatching: (() => void) | undefined;

  async function follow(): Promise<void> {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let offset = from;
    let file = openSync(path, "r");
    try {
      for (;;) {
        // Looked at before reading: what is written to the old file in between is still read from it.
        const successor = statSync(path, { throwIfNoEntry: false });
        const length = readSync(file, buffer, 0, CHUNK_BYTES, offset);
        if (length > 0) {
          await sink(buffer.subarray(0, length));
          offset += length;
        } else if (successor !== undefined && !isSameFile(successor, fstatSync(file))) {
          closeSync(file);
          file = openSync(path, "r");
          offset = 0;
        } else if (isFinishing) {
          return;
        } else if (stopWatching === undefined) {
          // The directory tells of a new file as well as of changes in this one.
          stopWatching = watchPath(dirname(path), wakeUp.wake);
        } else {
          await wakeUp.next();
        }
      }
    } finally {
      stopWatching?.();
      closeSync(file);
    }
  }

  return {
    done: follow(),
    finish() {
      isFinishing = true;
      wakeUp.wake();
    },
  };
}

function isSameFile(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** Where the last `lines` lines begin; 0 for all of them, undefined when there is no file. */
export function offsetOfLastLines(path: string, lines: number | undefined): number | undefined {
  const file = openIfPresent(path);
  if (file === undefined) return undefined;
  try {
    return lines === undefined ? 0 : findLineFromEnd(file, lines);
  } finally {
    closeSync(file);
  }
}

function findLineFromEnd(file: number, lines: number): number {
  const size = fstatSync(file).size;
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  // The line feed of the last line ends it and begins none.
  let wanted = lines + 1;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - CHUNK_BYTES);
    readSync(file, buffer, 0, end - start, start);
    for (let index = end - start - 1; index >= 0; index--) {
      if (buffer[index] === LINE_FEED && --wanted === 0) return start + index + 1;
    }
    end = start;
  }
  return 0;
}
