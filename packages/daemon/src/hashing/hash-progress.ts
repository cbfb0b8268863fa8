import type { Clock } from "./clock.ts";

/** All counts grow only. `bytesDone` is what was read, of files that failed later, too. */
export type HashProgress = {
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
  /** The file read last. */
  readonly file: string;
};

const INTERVAL_MS = 100;

/** Adds up the steps of a call and passes on one sum per interval, and always the last one. */
export function createProgress(
  filesTotal: number,
  clock: Clock,
  onProgress: (progress: HashProgress) => void = () => {},
): (files: number, bytes: number, file: string) => void {
  let filesDone = 0;
  let bytesDone = 0;
  let dueAt = clock.monotonicMs() + INTERVAL_MS;

  return function advance(files: number, bytes: number, file: string): void {
    filesDone += files;
    bytesDone += bytes;
    if (filesDone < filesTotal && clock.monotonicMs() < dueAt) return;
    dueAt = clock.monotonicMs() + INTERVAL_MS;
    onProgress({ filesDone, filesTotal, bytesDone, file });
  };
}
