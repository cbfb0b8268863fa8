import { writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { errorCode } from "@orchastration/protocol/node";
import type { Clock } from "../clock.ts";
import { createInputQueue } from "./input-queue.ts";
import { rememberMaster } from "./masters.ts";
import type { Pty, PtyEvents, Size } from "./pty.ts";

/** One for all reads of all terminals, most of them small. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** @param master descriptor of the master, non-blocking; it is closed with the terminal */
export function openUnixPty(
  clock: Clock,
  master: number,
  resize: (master: number, size: Size) => void,
  events: PtyEvents,
): Pty {
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<void>();
  const forget = rememberMaster(master);
  const stream = new ReadStream(master, {
    onread: {
      buffer: READ_BUFFER,
      callback(bytes) {
        events.onOutput(READ_BUFFER.subarray(0, bytes));
        return true;
      },
    },
  });
  // EIO is how Linux says that nobody has the terminal open any more.
  stream.on("error", () => {});
  stream.once("close", () => {
    forget();
    input.close();
    resolveEnded();
  });
  stream.resume();
  // A destroyed stream has closed the descriptor, and the number may be another file's by now.
  const input = createInputQueue(clock, events.onInputTaken, (bytes) =>
    stream.destroyed ? bytes.length : offer(master, bytes),
  );

  return {
    write: (bytes) => input.write(bytes),
    get queuedBytes() {
      return input.queuedBytes;
    },
    resize(size) {
      if (!stream.destroyed) resize(master, size);
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    ended,
    close() {
      input.close();
      stream.destroy();
    },
  };
}

/** Bytes taken, 0 by a full terminal. On this thread: a key must not wait for the thread pool, which may be busy with files. */
function offer(master: number, bytes: Uint8Array): number {
  try {
    return writeSync(master, bytes);
  } catch (error) {
    if (errorCode(error) === "EAGAIN") return 0;
    // EIO: nobody has the terminal open, and nobody will.
    return bytes.length;
  }
}
