import { spawn } from "node:child_process";
import { root } from "./runtime.mjs";

/**
 * Runs a command in the checkout; what it prints, on either stream, comes back in the order of arrival.
 * Rejects with the system's error when it cannot be started.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export function capture(file, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

/**
 * @param {string} text
 * @param {number} count
 */
export function getLastLines(text, count) {
  return count === 0 ? "" : text.trimEnd().split("\n").slice(-count).join("\n");
}
