import { closeSync, openSync } from "node:fs";

/**
 * Masters of the terminals this process holds. node-pty leaves them open across exec, and nothing in Node can mark them. Its own children close
 * them; to every other child of ours they would go on, which could then read the terminal, and would keep its programs from being hung up. The
 * daemon gives terminals and pipes different supervisors; this is for one that was given both.
 */
const masters = new Set<{ readonly descriptor: number }>();

/** Returns what is to be called when it has been closed. */
export function rememberMaster(descriptor: number): () => void {
  const master = { descriptor };
  masters.add(master);
  return () => masters.delete(master);
}

/**
 * Calls `use` with what `stdio` of a child needs from descriptor 3 on: in the place of every master it gets /dev/null. Only Linux hands on what is
 * not named.
 */
export function withMastersCovered<T>(use: (stdio: readonly (number | "ignore")[]) => T): T {
  if (process.platform !== "linux" || masters.size === 0) return use([]);
  const cover = openSync("/dev/null", "r");
  try {
    const open = new Set([...masters].map(({ descriptor }) => descriptor));
    const length = Math.max(...open) + 1;
    return use(Array.from({ length }, (_, descriptor) => (open.has(descriptor) ? cover : "ignore")).slice(3));
  } finally {
    closeSync(cover);
  }
}
