/** Once, after so long, unless the process has ended by then. */
export function later(callback: () => void, delayMs: number): void {
  setTimeout(callback, delayMs).unref();
}

/** The same, and it keeps the process alive. Answers how to call it off. */
export function schedule(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
}

/** Like {@link schedule}, and the process may end before. */
export function unheld(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs).unref();
  return () => clearTimeout(timer);
}
