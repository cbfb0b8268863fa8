import type { Context } from "../context.ts";
import { count, formatBytes } from "./format.ts";

const SHOW_AFTER_MS = 1_000;
const CLEAR_LINE = "\r\u001b[K";
const WIDTH = 24;

export interface FileProgress {
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
}

export interface ProgressBar {
  /** `bytesTotal` is asked when the bar first shows. */
  readonly show: (progress: FileProgress, bytesTotal: () => number) => void;
  readonly clear: () => void;
}

/** A bar on stderr for a person who waits; nothing for a short wait, nor for a program. */
export function createProgressBar({ stderr, globals }: Pick<Context, "stderr" | "globals">): ProgressBar {
  if (globals.quiet || globals.json || !stderr.isTTY) return { show: () => {}, clear: () => {} };
  const showFrom = performance.now() + SHOW_AFTER_MS;
  let isShown = false;
  let total: number | undefined;
  return {
    show({ filesDone, filesTotal, bytesDone }, bytesTotal) {
      if (performance.now() < showFrom) return;
      total ??= bytesTotal();
      const filled = Math.min(WIDTH, Math.round((bytesDone / Math.max(total, 1)) * WIDTH));
      const bar = `${"#".repeat(filled)}${".".repeat(WIDTH - filled)}`;
      const files = `${filesDone} of ${count(filesTotal, "file")}`;
      stderr.write(`${CLEAR_LINE}[${bar}] ${files}, ${formatBytes(bytesDone)} of ${formatBytes(total)}`);
      isShown = true;
    },
    clear() {
      if (isShown) stderr.write(CLEAR_LINE);
      isShown = false;
    },
  };
}
