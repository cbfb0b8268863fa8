import { createHash, type Hash, hash } from "node:crypto";
import { constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { describeShortFile, describeSystemError, findTypeFailure } from "./hash-failure.ts";
import type { Digest, HashAlgorithm, HashFailure } from "./hash-outcome.ts";
import { canReadAhead, closeAfterReading, readAhead } from "./read-ahead.ts";

export type DigestRequest = {
  readonly file: string;
  readonly algorithm: HashAlgorithm;
  /** How much of the beginning is hashed; `Infinity` is the whole file. */
  readonly sizeBytes: number;
  /** Files whose bytes follow, as if all were one. */
  readonly followedBy: readonly string[];
};

/**
 * One buffer per thread serves all files: nobody else runs between a read and its digest update. Of this size it stays in
 * the second-level cache; streams take 2.5 times as long.
 */
const buffer = Buffer.allocUnsafeSlow(256 * 1024);

/** A file with more than this is read ahead: what that saves is worth the thread pool's while. */
const LARGE_BYTES = 1024 * 1024;

/** What has to settle before the caller goes on; undefined: nothing. */
export type Pause = Promise<void> | undefined;

/**
 * Windows has neither of the last two (undefined counts as 0). A fifo that takes the name after the first look must not
 * block the thread, nor a terminal become the daemon's controlling one.
 */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Hashes one file, and those that follow it, with pauses, so that the caller decides when it goes on, and whether: `return()` closes the
 * file. What is yielded is to be waited for. Reads block, until the file turns out to be large. `onRead` gets the bytes of every read.
 * Links are followed. Sizes are not believed: files of /proc have none, and a file that grows is read to the end it has by then.
 */
export function* digestFile(request: DigestRequest, onRead: (bytes: number) => void): Generator<Pause, Digest> {
  const { file, followedBy, algorithm, sizeBytes } = request;
  /** Not made for a file that is read at once: its digest then takes as long as making this alone. */
  let pieces: Hash | undefined;
  let digest: string | undefined;
  let doneBytes = 0;
  for (const part of [file, ...followedBy]) {
    const failure = yield* readFile(part, sizeBytes - doneBytes, (bytes, isWhole) => {
      doneBytes += bytes.length;
      if (isWhole && followedBy.length === 0) digest = hash(algorithm, bytes, "hex");
      else pieces = (pieces ?? createHash(algorithm)).update(bytes);
      onRead(bytes.length);
    });
    if (failure !== undefined) return failure;
  }
  if (doneBytes < sizeBytes && sizeBytes !== Number.POSITIVE_INFINITY) {
    return describeShortFile(file, sizeBytes, doneBytes);
  }
  return digest ?? (pieces ?? createHash(algorithm)).digest("hex");
}

/** What was read, and whether it is all of the file. */
type OnBytes = (bytes: Uint8Array, isWhole: boolean) => void;

function* readFile(file: string, maxBytes: number, onRead: OnBytes): Generator<Pause, HashFailure | undefined> {
  let descriptor: number | undefined;
  try {
    // Before opening, because opening alone wakes a fifo's writer or rewinds a tape; after it, because names change hands.
    const failureBefore = findTypeFailure(file, statSync(file));
    if (failureBefore !== undefined) return failureBefore;
    descriptor = openSync(file, openFlags);
    const stats = fstatSync(descriptor);
    const failureAfter = findTypeFailure(file, stats);
    if (failureAfter !== undefined) return failureAfter;

    let doneBytes = 0;
    while (doneBytes < maxBytes) {
      if (doneBytes >= LARGE_BYTES && canReadAhead()) {
        yield* readAhead(descriptor, maxBytes - doneBytes, (bytes) => onRead(bytes, false));
        break;
      }
      const bytes = readSync(descriptor, buffer, 0, Math.min(buffer.length, maxBytes - doneBytes), null);
      if (bytes === 0) break;
      const isWhole = doneBytes === 0 && bytes === stats.size && bytes < buffer.length;
      doneBytes += bytes;
      onRead(buffer.subarray(0, bytes), isWhole);
      yield undefined;
      if (isWhole) break;
    }
    return undefined;
  } catch (error) {
    return describeSystemError(file, error);
  } finally {
    if (descriptor !== undefined) closeAfterReading(descriptor);
  }
}
