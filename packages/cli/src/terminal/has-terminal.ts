import type { TerminalSize } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";
import type { Terminal } from "../output/terminal.ts";

/** Whether somebody can both see and type. */
export function hasTerminal({ stdin, stdout }: Pick<Context, "stdin" | "stdout">): boolean {
  return stdin.isTTY === true && stdout.isTTY === true;
}

/** What a person looks at while typing: a script may keep stdout for the document of `--json`. Undefined without one. */
export function screenOf({
  stdin,
  stdout,
  stderr,
  globals,
}: Pick<Context, "stdin" | "stdout" | "stderr" | "globals">): Terminal | undefined {
  if (stdin.isTTY !== true) return undefined;
  if (stdout.isTTY === true) return stdout;
  return globals.json && stderr.isTTY === true ? stderr : undefined;
}

/** Undefined when it is no terminal, or one that does not know its size (a serial line has 0 by 0). */
export function sizeOfTerminal({ isTTY, columns, rows }: Terminal): TerminalSize | undefined {
  return isTTY && columns && rows ? { cols: columns, rows } : undefined;
}
