import { isAbsolute, sep } from "node:path";
import type { DaemonClient } from "@orchastration/client";
import type { HashAlgorithm, HashOutcome } from "@orchastration/protocol/contract";
import type { FileProgress } from "../output/progress-bar.ts";

/** Requests open at a time: enough that the daemon's workers never wait for us. */
const BATCHES_IN_FLIGHT = 4;

/** As many batches as this while there are few files, so that each is answered as soon as possible. */
const WANTED_BATCHES = 16;
const MOST_FILES = 500;

/** Leaves room for the rest of a message of 1 MiB. */
const MOST_BYTES = 900 * 1024;

/** A UTF-16 unit that is escaped; to write each name as JSON only to measure it would take as long as sending it. */
const MOST_BYTES_PER_UNIT = 6;

export interface HashOptions {
  readonly algorithm: HashAlgorithm;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FileProgress) => void;
}

/** Digests of absolute paths, in their order: batch by batch, each as soon as it and all before it are known. */
export async function* hashFiles(
  client: Pick<DaemonClient, "call">,
  files: readonly string[],
  { algorithm, signal, onProgress }: HashOptions,
): AsyncGenerator<readonly HashOutcome[], void, void> {
  const batches = splitIntoBatches(files);
  const done = batches.map(() => ({ filesDone: 0, bytesDone: 0 }));
  const report = (): void => {
    const sum = (key: "filesDone" | "bytesDone") => done.reduce((total, batch) => total + batch[key], 0);
    onProgress({ filesDone: sum("filesDone"), bytesDone: sum("bytesDone"), filesTotal: files.length });
  };
  const start = async (batch: readonly string[], index: number): Promise<readonly HashOutcome[]> => {
    const params = { files: [...batch], algorithm, wantsProgress: true };
    const { outcomes } = await client.call("hash.compute", params, {
      signal,
      onProgress({ filesDone, bytesDone }) {
        done[index] = { filesDone: Number(filesDone), bytesDone: Number(bytesDone) };
        report();
      },
    });
    return outcomes;
  };

  const open: Promise<readonly HashOutcome[]>[] = [];
  for (const [index, batch] of batches.entries()) {
    const answer = start(batch, index);
    // The first failure ends everything; those behind it are nobody's concern any more.
    answer.catch(() => {});
    open.push(answer);
    if (open.length >= BATCHES_IN_FLIGHT) yield (await open.shift()) ?? [];
  }
  for (const answer of open) yield await answer;
}

export function splitIntoBatches(files: readonly string[]): readonly (readonly string[])[] {
  const most = Math.min(Math.max(Math.ceil(files.length / WANTED_BATCHES), 1), MOST_FILES);
  const batches: string[][] = [];
  let room = 0;
  for (const file of files) {
    const bytes = file.length * MOST_BYTES_PER_UNIT + 3;
    const last = batches.at(-1);
    if (last === undefined || last.length >= most || bytes > room) {
      batches.push([file]);
      room = MOST_BYTES - bytes;
    } else {
      last.push(file);
      room -= bytes;
    }
  }
  return batches;
}

/** Absolute, and otherwise as written: `link/../x` is not `x`. */
export function toAbsolute(cwd: string, file: string): string {
  return isAbsolute(file) ? file : `${cwd}${cwd.endsWith(sep) ? "" : sep}${file}`;
}
