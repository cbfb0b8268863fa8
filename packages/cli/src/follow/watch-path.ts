import { watch } from "node:fs";

/** How often to look where the system has no watch left to give. */
const POLL_MS = 200;

/** Calls `onChange` whenever something at the path may have changed. Answers the function that ends it. */
export function watchPath(path: string, onChange: () => void): () => void {
  let poll: NodeJS.Timeout | undefined;
  const startPolling = (): void => {
    poll ??= setInterval(onChange, POLL_MS);
  };
  try {
    const watcher = watch(path, () => onChange()).on("error", startPolling);
    return () => {
      watcher.close();
      clearInterval(poll);
    };
  } catch {
    startPolling();
    return () => clearInterval(poll);
  }
}
