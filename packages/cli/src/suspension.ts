/** Stopping and going on, as the job control of a shell does it. */
export interface Suspension {
  /** From now on a wish to stop (SIGTSTP) does not stop the process; until the returned function is called. */
  onWish(listener: () => void): () => void;
  /** Stops this process. Resolves when it has been continued. */
  suspend(): Promise<void>;
}

export const processSuspension: Suspension = {
  onWish(listener) {
    // Windows has no job control, and Node refuses its signals there.
    if (process.platform === "win32") return () => {};
    process.on("SIGTSTP", listener);
    return () => process.off("SIGTSTP", listener);
  },
  suspend: () =>
    new Promise((resolve) => {
      process.once("SIGCONT", () => resolve());
      process.kill(process.pid, "SIGSTOP");
    }),
};
