import type { Digest, HashAlgorithm } from "./hash-outcome.ts";

/** What a caller asks for, and, of a part of the files, what one worker gets. */
export type HashRequest = {
  readonly files: readonly string[];
  readonly algorithm: HashAlgorithm;
  /** How much of the beginning of each file is hashed; `Infinity` is all of it. */
  readonly sizeBytes: number;
  /** Files whose bytes follow those of the only one in `files`, as if all were one. */
  readonly followedBy: readonly string[];
};

/** Service to worker. A dropped batch is never reported on again. */
export type HashOrder =
  | { readonly kind: "hash"; readonly id: number; readonly batch: HashRequest }
  | { readonly kind: "drop"; readonly id: number };

/** Worker to service: what became of a batch since its last report. */
export type HashReport = {
  readonly id: number;
  /**
   * Of the next files of the batch, in its order. Bare strings, because whole outcomes make so much garbage that collecting
   * it stops the event loop of the service for 8 ms at a time.
   */
  readonly digests: readonly Digest[];
  readonly bytesRead: number;
  /** The file read last. */
  readonly file: string;
  /** How many more files the worker will hash; those beyond are given back. 0: the batch is over. */
  readonly filesKept: number;
};
