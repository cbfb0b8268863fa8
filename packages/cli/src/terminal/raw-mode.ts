import { type ChildProcess, spawn } from "node:child_process";
import type { Keyboard } from "../output/terminal.ts";

/**
 * Hands every byte through in both directions. Answers the function that gives the terminal its settings back; Node does so as well whenever this
 * process ends by itself.
 */
export function enterRawMode(stdin: Keyboard): () => void {
  stdin.setRawMode?.(true);
  const done = passOutputThrough();
  return () => {
    done();
    stdin.setRawMode?.(false);
  };
}

/** Node's raw mode leaves the translation of line feeds on: a program that moves straight down would move to the first column as well. */
function passOutputThrough(): () => void {
  if (process.platform === "win32") return () => {};
  let stty: ChildProcess | undefined;
  // Behind the screen as it was, which does without: starting a program would hold it up.
  const soon = setImmediate(() => {
    stty = spawn("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
    // A system without it shows such programs a little wrong.
    stty.on("error", () => {});
  });
  return () => {
    clearImmediate(soon);
    stty?.kill("SIGKILL");
  };
}
