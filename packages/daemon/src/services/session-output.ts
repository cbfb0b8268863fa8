import { lstatSync, rmSync, symlinkSync } from "node:fs";
import type { Run, TerminalSize } from "@orchastration/protocol/contract";
import type { SpawnParams } from "@orchastration/protocol/supervisor";

export interface OutputLimits {
  /** Output of one session, with pipes both streams together; 0: no limit. */
  readonly maxOutputBytes: number;
  /** Size of one file of a terminal's journal. */
  readonly segmentBytes: number;
}

/** What a terminal has that was lost with its supervisor: only its journal is still looked at. */
const NO_SIZE: TerminalSize = { cols: 80, rows: 24 };

/** Where a supervisor lets the output of a run go. */
export function sessionOutput(
  run: Pick<Run, "isTty" | "output">,
  { maxOutputBytes, segmentBytes }: OutputLimits,
  terminal: TerminalSize = NO_SIZE,
): SpawnParams["output"] {
  return run.isTty
    ? { kind: "pty", ...terminal, segmentBytes, maxBytes: maxOutputBytes }
    : { kind: "pipes", ...run.output, maxBytes: maxOutputBytes };
}

/** Puts the journal where the output of other runs is. A link that needs no right on Windows. */
export function linkJournal(path: string, directory: string): void {
  symlinkSync(directory, path, "junction");
}

/** A link that is gone, or never was made, is as good. What stands there instead of a link is somebody else's. */
export function unlinkJournal(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) rmSync(path, { force: true });
}
