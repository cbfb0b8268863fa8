import { statSync } from "node:fs";
import type { DaemonClient } from "@orchastration/client";
import type { HashAlgorithm, HashOutcome } from "@orchastration/protocol/contract";
import { cancellable } from "../cancellable.ts";
import type { Context } from "../context.ts";
import { createProgressBar, type FileProgress } from "../output/progress-bar.ts";
import { hashFiles, toAbsolute } from "./hash-files.ts";

/** What a command that hashes is given. */
export interface Hashing {
  readonly client: DaemonClient;
  /** Digests of the files, by the names they were given, in their order; as many at a time as are known together. */
  hash(files: readonly string[], algorithm: HashAlgorithm): AsyncGenerator<readonly HashOutcome[], void, void>;
  /** Makes room for a line of results where the bar stands. */
  clearBar(): void;
}

/** Gives a command the daemon's hashing, with a progress bar; Ctrl-C gives up what is not hashed yet. */
export async function withHashing(context: Context, work: (hashing: Hashing) => Promise<number>): Promise<number> {
  return await cancellable(context, async (signal) => await hashUntil(context, signal, work));
}

async function hashUntil(
  context: Context,
  signal: AbortSignal,
  work: (hashing: Hashing) => Promise<number>,
): Promise<number> {
  const client = await context.connect();
  const bar = createProgressBar(context);

  async function* hash(
    files: readonly string[],
    algorithm: HashAlgorithm,
  ): AsyncGenerator<readonly HashOutcome[], void, void> {
    const paths = files.map((file) => toAbsolute(context.cwd, file));
    const onProgress = (progress: FileProgress): void => bar.show(progress, () => sizeOf(paths));
    let from = 0;
    for await (const outcomes of hashFiles(client, paths, { algorithm, signal, onProgress })) {
      const first = from;
      yield outcomes.map((outcome, index) => ({ ...outcome, file: files[first + index] ?? outcome.file }));
      from += outcomes.length;
    }
  }

  try {
    return await work({ client, hash, clearBar: bar.clear });
  } finally {
    bar.clear();
    client.close();
  }
}

/** Bytes of all files that can be looked at. */
function sizeOf(paths: readonly string[]): number {
  return paths.reduce((total, path) => total + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}
