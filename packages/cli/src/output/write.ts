import { errorCode } from "@orchastration/protocol/node";
import { OutputError } from "../command-error.ts";

/** Takes bytes and resolves when they have been handed on: the buffer may then be used again. */
export type Sink = (bytes: Uint8Array) => Promise<void>;

/**
 * Resolves when the stream's other end has taken the text: whoever awaits it cannot run ahead of a slow reader.
 * Rejects with what `isBrokenPipe` knows, else with an `OutputError`.
 */
export function write(stream: NodeJS.WritableStream, chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => {
      if (!(error instanceof Error)) resolve();
      else reject(isBrokenPipe(error) ? error : new OutputError(error.message));
    });
  });
}

/** Whether the reader of our output went away, as `head` does when it has seen enough. */
export function isBrokenPipe(error: unknown): boolean {
  return ["EPIPE", "ERR_STREAM_DESTROYED", "EOF"].includes(errorCode(error) ?? "");
}
