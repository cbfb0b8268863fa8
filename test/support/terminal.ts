import { spawn } from "node:child_process";
import { once } from "node:events";
import { CLI, type CliOptions, type Home } from "./home.ts";
import { until } from "./until.ts";

export interface TerminalOutcome {
  readonly code: number | null;
  /** Everything the terminal was given, what was typed included; line ends as the terminal makes them. */
  readonly output: string;
  readonly bytes: Buffer;
}

export interface TerminalOptions extends Pick<CliOptions, "cwd" | "env"> {
  readonly typed?: string;
}

/** The command line in a terminal, while it runs. */
export interface InTerminal {
  /** What the terminal has been given so far. */
  output(): string;
  type(text: string): void;
  /** Nobody types any more. */
  end(): void;
  readonly closed: Promise<TerminalOutcome>;
}

/** Starts the command line with a terminal on all three standard streams; script(1) makes the terminal. */
export function startInTerminal(
  home: Home,
  args: readonly string[],
  { cwd = home.cwd, env = {} }: Omit<TerminalOptions, "typed"> = {},
): InTerminal {
  const command = [process.execPath, CLI, ...args].map(quote).join(" ");
  const child = spawn("script", ["--quiet", "--return", "--echo", "never", "--command", command, "/dev/null"], {
    cwd,
    env: { ...home.env, TERM: "xterm-256color", SHELL: "/bin/sh", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const parts: Buffer[] = [];
  child.stdout.on("data", (bytes: Buffer) => parts.push(bytes));
  const bytesSoFar = (): Buffer => Buffer.concat(parts);
  return {
    output: () => bytesSoFar().toString(),
    type: (text) => void child.stdin.write(text),
    closed: once(child, "close").then(() => {
      const bytes = bytesSoFar();
      return { code: child.exitCode, output: bytes.toString(), bytes };
    }),
    end: () => void child.stdin.end(),
  };
}

/** Resolves when an attaching command line shows the program's terminal, whose title it sets then: keys typed before are the line discipline's. */
export function untilAttached({ output }: InTerminal): Promise<void> {
  return until(() => output().includes("\u001b]2;"));
}

/** The same, to its end: nobody types but what is typed at the beginning. */
export async function inTerminal(
  home: Home,
  args: readonly string[],
  { typed = "", ...options }: TerminalOptions = {},
): Promise<TerminalOutcome> {
  const terminal = startInTerminal(home, args, options);
  terminal.type(typed);
  terminal.end();
  return await terminal.closed;
}

/** For the shell that script(1) runs its command with. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
