import { execFile } from "node:child_process";

/** Runs a program of the system to its end. Answers why it failed, in its own words; null when it did not. */
export function execute(argv: readonly string[]): Promise<string | null> {
  const [file = "", ...args] = argv;
  return new Promise((resolve) => {
    execFile(file, args, { encoding: "utf8", windowsHide: true }, (error, _stdout, stderr) => {
      resolve(error === null ? null : stderr.trim() || error.message);
    });
  });
}
