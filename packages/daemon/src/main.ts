import { closeSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { messageOf, OrchastrationError } from "@orchastration/protocol";
import { currentPaths } from "@orchastration/protocol/node";
import { composeDaemon, type Daemon } from "./compose.ts";
import { AlreadyRunningError } from "./single-instance.ts";

/** A pipe of whoever started the daemon, on which it says once whether it is ready. */
const READINESS_DESCRIPTOR = 3;

const { values: flags } = parseArgs({
  options: {
    "state-dir": { type: "string" },
    config: { type: "string" },
    /** Log to standard output as well, and say errors on standard error. */
    foreground: { type: "boolean", default: false },
    /** Tell readiness on descriptor 3. */
    "report-readiness": { type: "boolean", default: false },
    /** Milliseconds to wait for the instance lock: a restart's predecessor is still ending. */
    "wait-for-lock": { type: "string", default: "0" },
  },
});

function identifyingArguments(): string[] {
  const { "state-dir": stateDir, config } = flags;
  return [
    ...(stateDir === undefined ? [] : ["--state-dir", stateDir]),
    ...(config === undefined ? [] : ["--config", config]),
  ];
}

function tellLauncher(line: string): void {
  if (!flags["report-readiness"]) return;
  try {
    writeSync(READINESS_DESCRIPTOR, `${line}\n`);
    closeSync(READINESS_DESCRIPTOR);
  } catch {
    // The launcher is gone; there is nobody to tell.
  }
}

/** A terminal or a pipe that is gone must not end the daemon. */
function consoleSink(): (line: string) => void {
  let isGone = false;
  process.stdout.on("error", () => {
    isGone = true;
  });
  return (line) => {
    if (!isGone) process.stdout.write(`${line}\n`);
  };
}

function endOnSignals(daemon: Daemon): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => daemon.end());
  // A daemon outlives the terminal it was started from.
  process.on("SIGHUP", () => flags.foreground && daemon.end());
  process.on("SIGPIPE", () => {});
}

async function run(): Promise<number> {
  try {
    const daemon = await composeDaemon({
      paths: currentPaths({ stateDir: flags["state-dir"], configFile: flags.config }),
      console: flags.foreground ? consoleSink() : undefined,
      lockWaitMs: Number(flags["wait-for-lock"]),
      program: {
        file: process.argv[1] ?? "",
        nodeArguments: process.execArgv,
        daemonArguments: identifyingArguments(),
      },
    });
    endOnSignals(daemon);
    tellLauncher("ready");
    await daemon.ended;
    return 0;
  } catch (error) {
    const { message, hint, exitCode } = explain(error);
    tellLauncher(`error ${JSON.stringify({ exitCode, message, hint })}`);
    if (flags.foreground) process.stderr.write(`orchastration daemon: ${message}\n${hint}\n`);
    return exitCode;
  }
}

/** Another daemon has the state directory (sysexits.h, EX_TEMPFAIL): whoever started this one connects to that. */
const LOCK_HELD_EXIT_CODE = 75;

/** 69: the daemon cannot be had (sysexits.h, EX_UNAVAILABLE), unless the error knows better. */
function explain(error: unknown): { message: string; hint: string; exitCode: number } {
  if (error instanceof OrchastrationError) {
    const { message, hint, exitCode } = error;
    return { message, hint, exitCode: exitCode === 1 ? 69 : exitCode };
  }
  const message = messageOf(error);
  if (error instanceof AlreadyRunningError) {
    return { message, hint: "`orchastration daemon status` shows it.", exitCode: LOCK_HELD_EXIT_CODE };
  }
  return { message, hint: "`orchastration doctor` checks the installation.", exitCode: 69 };
}

// Whatever still waits for something (a supervisor that does not answer) must not keep an ended daemon from ending.
void run().then((code) => process.exit(code));
