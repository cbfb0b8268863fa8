import type { Context } from "../context.ts";

const SHOW_AFTER_MS = 1_000;
const FRAME_MS = 100;
const FRAMES = ["|", "/", "-", "\\"];
const CLEAR_LINE = "\r\u001b[K";

/** Shows a person that a long wait is one. Nothing is shown for a short one, nor to a program: the stream is looked at, and made, for a long one alone. */
export async function withSpinner<T>(
  context: Pick<Context, "stderr" | "globals">,
  text: () => string,
  work: Promise<T>,
): Promise<T> {
  if (context.globals.quiet || context.globals.json) return await work;
  let frame = 0;
  const show = (): void => {
    context.stderr.write(`${CLEAR_LINE}${FRAMES[frame++ % FRAMES.length]} ${text()}`);
  };
  const timer = setTimeout(() => {
    if (!context.stderr.isTTY) return;
    show();
    interval = setInterval(show, FRAME_MS);
  }, SHOW_AFTER_MS);
  let interval: NodeJS.Timeout | undefined;
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    if (interval !== undefined) {
      clearInterval(interval);
      context.stderr.write(CLEAR_LINE);
    }
  }
}
