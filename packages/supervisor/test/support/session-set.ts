import type { ExitedSession, LiveSession } from "@orchastration/protocol/supervisor";
import { type Clock, systemClock } from "../../src/clock.ts";
import { createSessions, type Sessions } from "../../src/sessions.ts";
import { type ProcessTree, treeOf } from "../../src/termination/tree.ts";
import { createRecordingLog, type RecordingLog } from "./recording-log.ts";

export interface SessionSet extends Sessions {
  readonly log: RecordingLog;
  readonly stopping: readonly LiveSession[];
  readonly terminalChanges: readonly LiveSession[];
  /** Sessions into whose terminals somebody typed, as often as it was told. */
  readonly typed: readonly string[];
  /** Every exit that was reported, in order. */
  readonly exits: readonly ExitedSession[];
  /** The exit of the session, as soon as it is reported. */
  exitOf(session: string): Promise<ExitedSession>;
}

/** No deadline arrives, on the slowest machine: for what is waited for only for a bounded time. */
export const patientClock: Clock = { ...systemClock, monotonicMs: () => 0 };

/** The sessions of a supervisor in this very process. */
export function createSessionSet(options: { readonly clock?: Clock; readonly tree?: ProcessTree } = {}): SessionSet {
  const log = createRecordingLog();
  const stopping: LiveSession[] = [];
  const terminalChanges: LiveSession[] = [];
  const typed: string[] = [];
  const exits: ExitedSession[] = [];
  const waiting = new Map<string, (exit: ExitedSession) => void>();
  const sessions = createSessions({
    tree: options.tree ?? treeOf(process.platform),
    clock: options.clock ?? systemClock,
    log,
    onStopping: (report) => void stopping.push(report),
    onTerminalChanged: (report) => void terminalChanges.push(report),
    onTyped: (report) => void typed.push(report.session),
    onExited(report) {
      exits.push(report);
      waiting.get(report.session)?.(report);
    },
    isHeard: () => false,
    onChange: () => {},
  });
  return Object.assign(sessions, {
    log,
    stopping,
    terminalChanges,
    typed,
    exits,
    exitOf(session: string) {
      const known = exits.find((exit) => exit.session === session);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise<ExitedSession>((resolve) => waiting.set(session, resolve));
    },
  });
}
