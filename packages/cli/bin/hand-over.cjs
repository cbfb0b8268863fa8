"use strict";

// Parsed by every Node from 12 on, like orchastration.cjs.
const { spawn } = require("child_process");
const { closeSync, existsSync, openSync } = require("fs");
const { constants } = require("os");
const { dirname, join } = require("path");

/**
 * How a process ended: exactly one of the two is null.
 * @typedef {(code: number | null, signal: NodeJS.Signals | null) => void} Ended
 */

/**
 * Runs `args` with the runtime this version is pinned to, in place of this process. Exit code 69 when it is not installed.
 * @param {readonly string[]} args
 */
function toPinnedRuntime(args) {
  const runtime = findPinnedRuntime(__dirname);
  if (runtime !== undefined) {
    to(runtime, args, endAs);
    return;
  }
  process.stderr.write(
    `orchastration: Node ${process.version} is too old: it needs ^24.16.0 or >=26. ` +
      "Put such a Node first on the PATH, or run npm start in the checkout once: it installs one where it can.\n",
  );
  process.exitCode = 69;
}

/**
 * The runtime that npm installed in the nearest node_modules, from `directory` up, that has one for this platform.
 * @param {string} directory
 */
function findPinnedRuntime(directory) {
  const isWindows = process.platform === "win32";
  const name = `node-${isWindows ? "win" : process.platform}-${process.arch}`;
  for (let folder = directory; ; folder = dirname(folder)) {
    const runtime = join(folder, "node_modules", name, "bin", isWindows ? "node.exe" : "node");
    if (existsSync(runtime)) return runtime;
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * Starts `file` with this process's standard streams, and passes signals on until it ends.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {Ended} ended
 */
function to(file, args, ended) {
  const child = spawn(file, args, { stdio: "inherit" });
  const stopPassing = passSignals(child);
  child.once("exit", (code, signal) => {
    stopPassing();
    ended(code, signal);
  });
  child.once("error", (error) => {
    stopPassing();
    process.stderr.write(`orchastration: cannot start ${file}: ${error.message}\n`);
    ended(126, null);
  });
}

/** @param {import("child_process").ChildProcess} child */
function passSignals(child) {
  /** @type {NodeJS.SignalsListener} */
  const pass = (signal) => void child.kill(signal);
  /** @type {Map<NodeJS.Signals, NodeJS.SignalsListener>} */
  const listeners = new Map([
    ["SIGTERM", pass],
    ["SIGHUP", pass],
  ]);
  // A terminal sends its signals to every process in the foreground, so the child has them already. A second copy of
  // Ctrl-C would tell it to detach.
  const hasTerminal = isInTerminal();
  listeners.set("SIGINT", hasTerminal ? () => {} : pass);
  if (process.platform !== "win32") {
    listeners.set("SIGQUIT", hasTerminal ? () => {} : pass);
    listeners.set("SIGCONT", pass);
    if (!hasTerminal) listeners.set("SIGTSTP", (signal) => child.kill(signal) && process.kill(process.pid, "SIGSTOP"));
  }
  listeners.forEach((listener, signal) => process.on(signal, listener));
  return () => listeners.forEach((listener, signal) => process.removeListener(signal, listener));
}

function isInTerminal() {
  if (process.platform === "win32") return true;
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch (_) {
    return false;
  }
}

/**
 * Ends this process the way the other one ended, so that whoever waits for it sees no difference.
 * @type {Ended}
 */
function endAs(code, signal) {
  if (signal === null) process.exit(code === null ? 1 : code);
  process.kill(process.pid, signal);
  // Reached when Node itself ignores the signal (SIGPIPE).
  process.exit(128 + constants.signals[signal]);
}

module.exports = { endAs, to, toPinnedRuntime };
