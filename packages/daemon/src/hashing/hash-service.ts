import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { OrchastrationError } from "@orchastration/protocol";
import { type Clock, systemClock } from "./clock.ts";
import type { DigestRequest } from "./digest-file.ts";
import { startHashCall } from "./hash-call.ts";
import type { HashRequest } from "./hash-messages.ts";
import { type HashAlgorithm, type HashOutcome, toOutcome } from "./hash-outcome.ts";
import { createProgress, type HashProgress } from "./hash-progress.ts";
import { hashSmallFile } from "./hash-small-file.ts";
import { createWorkerPool } from "./worker-pool.ts";

export type HashServiceOptions = {
  /** Default: one per core, at most 2, so that hashing never takes a whole large machine. */
  readonly workerCount?: number;
  /** The program of the workers. Default: `hash-worker` beside this file, in the sources as well as in the bundle. */
  readonly workerUrl?: URL;
  /** How long a worker stays without work. Default: 30 s. */
  readonly idleMs?: number;
  readonly clock?: Clock;
};

export type HashFilesOptions = {
  readonly signal?: AbortSignal;
  /** Called about every 100 ms, and at the end. What it throws rejects the call. */
  readonly onProgress?: (progress: HashProgress) => void;
};

export type HashPrefixOptions = HashFilesOptions & { readonly algorithm?: HashAlgorithm };

/**
 * Digests of files, made in worker threads so that neither the event loop nor another call waits for a large file. Workers
 * start with the first work, end when idle, and keep no process alive. When one crashes, the calls it was serving are
 * rejected and the next call starts a new one.
 */
export type HashService = AsyncDisposable & {
  /**
   * One outcome per file, in the order of the files; a file that cannot be hashed has an error and disturbs no other.
   * Rejects with an `AbortError` as soon as the signal is aborted.
   */
  hashFiles(files: readonly string[], algorithm: HashAlgorithm, options?: HashFilesOptions): Promise<HashOutcome[]>;
  /** The digest (default: SHA-256) of exactly the first `sizeBytes` of a file that may be growing; `ReadFailed` when it is shorter. */
  hashPrefix(file: string, sizeBytes: number, options?: HashPrefixOptions): Promise<HashOutcome>;
  /** The SHA-256 of exactly the first `sizeBytes` of what these files hold, one after the other. At least one. The outcome names the first. */
  hashConcatenation(
    files: readonly [string, ...string[]],
    sizeBytes: number,
    options?: HashFilesOptions,
  ): Promise<HashOutcome>;
  /** Ends the workers. Calls under way and later ones are rejected with `DaemonStopping`. */
  close(): Promise<void>;
};

export function createHashService(options: HashServiceOptions = {}): HashService {
  const clock = options.clock ?? systemClock;
  const pool = createWorkerPool({
    workerUrl: options.workerUrl ?? new URL(`./hash-worker${extname(import.meta.url)}`, import.meta.url),
    workerCount: options.workerCount ?? Math.min(2, availableParallelism()),
    idleMs: options.idleMs ?? 30_000,
    clock,
  });
  const stops = new Set<(reason: Error) => void>();
  let isClosed = false;

  async function hash(request: HashRequest, { signal, onProgress }: HashFilesOptions = {}): Promise<HashOutcome[]> {
    if (isClosed) throw closedError();
    if (signal?.aborted) throw abortError(signal);
    const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
    const onAbort = (): void => stop(abortError(signal));
    stops.add(stop);
    signal?.addEventListener("abort", onAbort);
    try {
      return await hashUntil(stopped, request, createProgress(request.files.length, clock, onProgress));
    } finally {
      signal?.removeEventListener("abort", onAbort);
      stops.delete(stop);
    }
  }

  async function hashUntil(
    stopped: Promise<never>,
    request: HashRequest,
    advance: (files: number, bytes: number, file: string) => void,
  ): Promise<HashOutcome[]> {
    const [file] = request.files;
    if (file === undefined) return [];
    if (request.files.length === 1) {
      let readBytes = 0;
      const small = hashSmallFile({ ...request, file }, (bytes) => {
        readBytes += bytes;
      });
      const digest = await Promise.race([small, stopped]);
      if (digest !== undefined) {
        advance(1, readBytes, file);
        return [toOutcome(file, request.algorithm, digest)];
      }
    }
    using call = startHashCall(pool, request, advance);
    return await Promise.race([call.outcomes, stopped]);
  }

  async function hashOne({ file, ...rest }: DigestRequest, hashOptions: HashFilesOptions = {}): Promise<HashOutcome> {
    const { sizeBytes } = rest;
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw new RangeError(`${sizeBytes} is no number of bytes`);
    const [outcome] = await hash({ files: [file], ...rest }, hashOptions);
    if (outcome === undefined) throw new Error(`Hashing ${JSON.stringify(file)} had no outcome`);
    return outcome;
  }

  async function close(): Promise<void> {
    isClosed = true;
    for (const stop of stops) stop(closedError());
    await pool.close();
  }

  return {
    hashFiles: (files, algorithm, hashOptions) =>
      hash({ files, algorithm, sizeBytes: Number.POSITIVE_INFINITY, followedBy: [] }, hashOptions),
    hashPrefix: (file, sizeBytes, { algorithm = "sha256", ...hashOptions } = {}) =>
      hashOne({ file, followedBy: [], algorithm, sizeBytes }, hashOptions),
    hashConcatenation: ([file, ...followedBy], sizeBytes, hashOptions) =>
      hashOne({ file, followedBy, algorithm: "sha256", sizeBytes }, hashOptions),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function abortError(signal: AbortSignal | undefined): Error {
  return new DOMException("Hashing was cancelled by its caller.", { name: "AbortError", cause: signal?.reason });
}

function closedError(): Error {
  return new OrchastrationError("DaemonStopping", "Hashing ended: the daemon is about to end. Ask again in a moment.");
}
