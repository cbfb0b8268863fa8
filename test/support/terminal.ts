import { spawn } from "node:child_process";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { CLI, type CliOptions, type Home } from "./home.ts";

export interface TerminalOutcome {
  readonly code: number | null;
  /** Everything the terminal was given, what was typed included; line ends as the terminal makes them. */
  readonly output: string;
  readonly bytes: Buffer;
}

export interface TerminalOptions extends Pick<CliOptions, "cwd" | "env"> {
  readonly typed?: string;
}

/** Runs the command line with a terminal on all three standard streams; script(1) makes the terminal. */
export async function inTerminal(
  home: Home,
  args: readonly string[],
  { cwd = home.cwd, env = {}, typed = "" }: TerminalOptions = {},
): Promise<TerminalOutcome> {
  const command = [process.execPath, CLI, ...args].map(quote).join(" ");
  const child = spawn("script", ["--quiet", "--return", "--echo", "never", "--command", command, "/dev/null"], {
    cwd,
    env: { ...home.env, TERM: "xterm-256color", SHELL: "/bin/sh", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(typed);
  const [bytes] = await Promise.all([buffer(child.stdout), once(child, "close")]);
  return { code: child.exitCode, output: bytes.toString(), bytes };
}

/** For the shell that script(1) runs its command with. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
