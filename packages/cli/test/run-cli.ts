import { Readable, Writable } from "node:stream";
import { resolvePaths } from "@orchastration/protocol/node";
import { runCommandLine } from "../src/command-line.ts";
import type { Surroundings } from "../src/context.ts";
import type { Terminal } from "../src/output/terminal.ts";
import type { EndingSignal } from "../src/signals.ts";

export interface CliOptions {
  /** Root of everything: home, state and configuration. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Both output streams are terminals. */
  readonly isTerminal?: boolean;
  /** Answers why a program of the system failed; null: it did not. */
  readonly execute?: (argv: readonly string[]) => string | null;
  readonly stdout?: Writable;
  readonly helpDir?: string;
}

export interface CliOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly outcome: Promise<CliOutcome>;
  /** What a terminal's Ctrl-C or a kill would send. Nothing happens while nobody listens. */
  signal(name: EndingSignal): void;
  /** What was written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
}

function collector(isTTY: boolean): { readonly stream: Writable & Terminal; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      // The writer may use its buffer again once we are done with it.
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return {
    stream: Object.assign(stream, isTTY ? { isTTY, columns: 100 } : {}),
    text: () => Buffer.concat(chunks).toString(),
  };
}

/** Runs a command line inside this process: no process is started unless the command itself starts one. */
export function startCli(words: readonly string[], options: CliOptions): RunningCli {
  const { home, env = {}, isTerminal = false, execute = () => null } = options;
  const [out, err] = [collector(isTerminal), collector(isTerminal)];
  const listeners = new Set<(signal: EndingSignal) => void>();
  const surroundings: Surroundings = {
    platform: "linux",
    env,
    cwd: home,
    stdin: Readable.from([]),
    stdout: options.stdout ?? out.stream,
    stderr: err.stream,
    daemonProgram: "/does/not/exist/daemon.js",
    helpDir: options.helpDir ?? "/does/not/exist/help",
    signals: {
      onEnding(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    suspension: { onWish: () => () => {}, suspend: () => Promise.resolve() },
    paths: (choices) =>
      resolvePaths(
        { platform: "linux", env: { ...env, XDG_RUNTIME_DIR: home }, homedir: home, tmpdir: home, cwd: home, uid: 0 },
        choices,
      ),
    execute: async (argv) => execute(argv),
  };
  const code = runCommandLine(words, surroundings);
  return {
    outcome: code.then((code) => ({ code, stdout: out.text(), stderr: err.text() })),
    signal(name) {
      for (const listener of listeners) listener(name);
    },
    stdout: out.text,
    stderr: err.text,
  };
}

export function runCli(words: readonly string[], options: CliOptions): Promise<CliOutcome> {
  return startCli(words, options).outcome;
}

/** Where a home's daemon keeps its state unless told otherwise. */
export function stateDirOf(home: string): string {
  return `${home}/.cache/orchastration/state`;
}
