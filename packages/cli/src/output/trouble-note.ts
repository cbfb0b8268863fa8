import type { Output } from "./output.ts";

/** Shorter troubles are nobody's business. */
const SHOW_AFTER_MS = 1_000;

/** Says why a wait takes so long, when the daemon has told what keeps it from recording an outcome. */
export function createTroubleNote({ warn }: Pick<Output, "warn">): (message: string | null) => void {
  let timer: NodeJS.Timeout | undefined;
  return (message) => {
    clearTimeout(timer);
    if (message === null) return;
    const text = `Waiting for the daemon: ${message}. It goes on by itself when that is mended.`;
    timer = setTimeout(() => void warn(text).catch(() => {}), SHOW_AFTER_MS).unref();
  };
}
