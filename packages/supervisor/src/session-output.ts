import { openJournal, repairJournal } from "@orchastration/protocol/node";
import type { PipeOutput } from "@orchastration/protocol/supervisor";
import type { Clock } from "./clock.ts";
import { outputSizes, watchOutputLimit } from "./output-limit.ts";
import type { Terminal } from "./terminal/terminal.ts";
import type { EndSignals } from "./termination/ladder.ts";
import type { ProcessTree, TreeMember } from "./termination/tree.ts";

/** Where the output of a session goes, as far as its life depends on that. */
export interface SessionOutput {
  /** Calls back once when it has become more than it may. Returns what ends the watch. */
  watchLimit(onReached: () => void): () => void;
  /** Whether one of these processes can still add to it. True when that cannot be found out. */
  isWritableBy(members: readonly TreeMember[]): boolean;
  /** Resolves when all of it is where it belongs. Nothing is added afterwards. */
  finish(): Promise<void>;
  sizes(): { readonly stdoutBytes: number; readonly stderrBytes: number };
  readonly terminal: Terminal | null;
  readonly endSignals: EndSignals;
}

export const PIPE_END_SIGNALS: EndSignals = ["SIGTERM"];
/** Interactive shells ignore SIGTERM. */
export const TERMINAL_END_SIGNALS: EndSignals = ["SIGTERM", "SIGHUP"];

export function pipeOutput(deps: { tree: ProcessTree; clock: Clock }, output: PipeOutput): SessionOutput {
  return {
    watchLimit: (onReached) => watchOutputLimit(deps.clock, output, onReached),
    isWritableBy: (members) => deps.tree.holdsOpen(members, [output.stdoutPath, output.stderrPath]),
    finish: () => Promise.resolve(),
    sizes: () => outputSizes(output),
    terminal: null,
    endSignals: PIPE_END_SIGNALS,
  };
}

/** A terminal drops its oldest output instead of being stopped for too much. */
export function terminalOutput(terminal: Terminal): SessionOutput {
  return {
    watchLimit: () => () => {},
    isWritableBy: () => terminal.isOpen,
    finish: () => terminal.finish(),
    sizes: () => ({ stdoutBytes: terminal.facts().offset, stderrBytes: 0 }),
    terminal,
    endSignals: TERMINAL_END_SIGNALS,
  };
}

/** What a terminal that died with its supervisor left in its journal. */
export function orphanedOutput(directory: string): SessionOutput {
  repairJournal(directory);
  return {
    watchLimit: () => () => {},
    isWritableBy: () => false,
    finish: () => Promise.resolve(),
    sizes: () => ({ stdoutBytes: openJournal(directory).endOffset, stderrBytes: 0 }),
    terminal: null,
    endSignals: TERMINAL_END_SIGNALS,
  };
}
