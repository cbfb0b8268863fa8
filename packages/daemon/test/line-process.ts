import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A program of ours that answers in lines, in a process of its own; killed at the end of the scope. */
export interface LineProcess extends AsyncDisposable {
  readonly pid: number;
  /** The next line it writes; rejects when it ends without one. */
  line(): Promise<string>;
  say(line: string): void;
  /** How it ended: its code, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
  kill(): void;
}

/** `prefix`: a program that starts it under other conditions, such as `prlimit`. */
export function startProgram(program: URL, args: readonly string[], prefix: readonly string[] = []): LineProcess {
  const argv = [...prefix, process.execPath, "--conditions=source", fileURLToPath(program), ...args];
  const child: ChildProcess = spawn(argv[0] ?? process.execPath, argv.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit").then(([code, signal]: (number | NodeJS.Signals | null)[]) => code ?? signal ?? 0);
  if (child.stdout === null || child.stdin === null || child.pid === undefined) throw new Error("it did not start");
  const { stdin } = child;
  // Its end is noticed by whoever waits for a line.
  stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kill = (): void => void child.kill("SIGKILL");
  return {
    pid: child.pid,
    async line() {
      const next = await lines.next();
      if (next.done === true) throw new Error(`it ended (${await ended}) and had nothing more to say`);
      return next.value;
    },
    say: (line) => void stdin.write(`${line}\n`),
    ended,
    kill,
    async [Symbol.asyncDispose]() {
      kill();
      await ended;
    },
  };
}
