import type { HashAlgorithm, HashOutcome } from "@orchastration/protocol/contract";

export type { HashAlgorithm, HashOutcome };

/** Its message says what failed, why, and what to do, and names the file, quoted. */
export type HashFailure = Extract<HashOutcome, { error: unknown }>["error"];

/** Lower-case hexadecimal, or why there is none. */
export type Digest = string | HashFailure;

export function toOutcome(file: string, algorithm: HashAlgorithm, digest: Digest): HashOutcome {
  return typeof digest === "string" ? { file, algorithm, hash: digest } : { file, error: digest };
}
