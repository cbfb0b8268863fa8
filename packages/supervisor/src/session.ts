import { errorCode, removeExitFile } from "@orchastration/protocol/node";
import type {
  ExitedSession,
  LiveSession,
  ProcessIdentity,
  SessionReport,
  SpawnParams,
  StopReason,
} from "@orchastration/protocol/supervisor";
import { rfc3339 } from "./clock.ts";
import { type ExitRecord, keepExit } from "./exit-record.ts";
import type { SessionOutput } from "./session-output.ts";
import { foregroundGroup } from "./terminal/foreground-group.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { awaitEndOfOutput, type EndOfOutput } from "./termination/end-of-output.ts";
import { climbLadder, type Ladder, type LadderDeps } from "./termination/ladder.ts";
import type { Signal } from "./termination/send-signal.ts";

/** The process a session stands and falls with: a child of ours, or an adopted one. */
export interface Leader {
  readonly identity: ProcessIdentity;
  readonly exited: Promise<ExitedSession["exit"]>;
  /** Whose exit we are told in the moment it happens, and which has no job control: what it can have left behind is still in its process group. */
  readonly leavesOnlyItsGroup: boolean;
  /** Signals the leader's group without listing processes, as long as the leader surely lives. */
  signalGroup(signal: Signal): void;
}

export interface SessionTerms extends Pick<SpawnParams, "session" | "timeoutMs" | "stopGraceMs" | "directory"> {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The same moment on the monotonic clock. */
  readonly startedMonotonicMs: number;
  /** Why it was being stopped when it was adopted; null: it was not. */
  readonly stopReason: StopReason | null;
}

export interface SessionDeps extends LadderDeps {
  /** It is being stopped for a reason of its own terms. */
  onStopping(report: LiveSession): void;
  onExited(report: ExitedSession): void;
  /** Whether a daemon hears what is reported now. */
  isHeard(): boolean;
}

export interface Session {
  report(): SessionReport;
  /** Null without one, and when the session has exited. */
  readonly terminal: Terminal | null;
  /** Begins to end the whole tree. Again: no effect, except that without grace time it is ended now. */
  stop(reason: StopReason, graceMs: number): void;
  /** For what runs in the foreground of its terminal, or its process group. Without effect once the leader has ended. */
  signal(signal: NodeJS.Signals): void;
  /** The session has exited and its exit is on disk: nothing is lost when this process ends. */
  isSettled(): boolean;
  /** Removes what is kept of an exited session; false while it has not exited. */
  forget(): Promise<boolean>;
}

interface Stop {
  readonly reason: StopReason;
  readonly ladder: Ladder;
}

/**
 * live: the leader runs, or has ended (`ending`) and others may still write. recording: the outcome is known and on its way to the disk.
 * exited: it has been reported, and is kept until acknowledged.
 */
type State =
  | { readonly status: "live"; readonly ending: EndOfOutput | null; readonly stop: Stop | null }
  | { readonly status: "recording"; readonly exited: ExitedSession }
  | { readonly status: "exited"; readonly exited: ExitedSession; readonly record: ExitRecord };

/** A session whose exit was found on disk, left there by an earlier supervisor. */
export function exitedSession(directory: string, exited: ExitedSession): Session {
  return {
    report: () => exited,
    terminal: null,
    stop: () => {},
    signal: () => {},
    isSettled: () => true,
    async forget() {
      removeExitFile(directory);
      return true;
    },
  };
}

export function followSession(deps: SessionDeps, terms: SessionTerms, leader: Leader, output: SessionOutput): Session {
  const { tree, clock, log } = deps;
  const { session } = terms;
  const root = { session, leader: leader.identity };
  const elapsedMs = (): number => clock.monotonicMs() - terms.startedMonotonicMs;
  let state: State = { status: "live", ending: null, stop: null };

  const identity = { session, process: leader.identity, startedAt: rfc3339(terms.startedAt) };
  const live = (stopReason: StopReason | null): LiveSession => ({
    status: "live",
    ...identity,
    stopReason,
    terminal: output.terminal?.facts() ?? null,
  });

  /** True when this call is the one that began it. */
  function stop(reason: StopReason, graceMs: number): boolean {
    if (state.status !== "live") return false;
    if (state.stop !== null) {
      if (graceMs <= 0) state.stop.ladder.hurry();
      return false;
    }
    state.ending?.cancel();
    state = {
      ...state,
      stop: { reason, ladder: climbLadder(deps, root, graceMs, leader.signalGroup, output.endSignals) },
    };
    return true;
  }

  const stopByTerms = (reason: StopReason) => (): void => {
    if (stop(reason, terms.stopGraceMs)) deps.onStopping(live(reason));
  };

  const currentStop = (): Stop | null => (state.status === "live" ? state.stop : null);

  /** The number of processes left: those left alone, or, of a session that was stopped, those that could not be ended. */
  async function endOfTree(): Promise<number> {
    if (currentStop() === null) {
      if (leader.leavesOnlyItsGroup && !tree.mayHaveGroup(leader.identity)) return 0;
      const ending = awaitEndOfOutput(deps, root, output.isWritableBy);
      state = { status: "live", ending, stop: null };
      const survivors = await ending.survivors;
      if (currentStop() === null) return survivors;
    }
    const ladder = currentStop()?.ladder;
    ladder?.wake();
    return (await ladder?.ended) ?? 0;
  }

  async function follow(): Promise<void> {
    const cancelTimeout =
      terms.timeoutMs === null ? () => {} : clock.after(terms.timeoutMs - elapsedMs(), stopByTerms("timed_out"));
    const cancelLimit = output.watchLimit(stopByTerms("output_limit"));
    if (terms.stopReason !== null) stop(terms.stopReason, terms.stopGraceMs);

    const exit = await leader.exited;
    cancelTimeout();
    cancelLimit();
    const ended = { endedAt: rfc3339(clock.now()), durationMs: elapsedMs(), exit };
    const survivors = await endOfTree();
    await output.finish();
    const stopReason = currentStop()?.reason ?? null;
    const exited: ExitedSession = {
      status: "exited",
      ...identity,
      ...ended,
      stopReason,
      ...output.sizes(),
      survivors,
    };

    state = { status: "recording", exited };
    const record = keepExit(clock, log, terms.directory, exited, !deps.isHeard());
    await record.attempted;
    state = { status: "exited", exited, record };
    deps.onExited(exited);
  }
  void follow();

  return {
    report() {
      switch (state.status) {
        case "live":
          return live(state.stop?.reason ?? null);
        case "recording":
          return live(state.exited.stopReason);
        case "exited":
          return state.exited;
      }
    },
    get terminal() {
      return state.status === "exited" ? null : output.terminal;
    },
    stop: (reason, graceMs) => void stop(reason, graceMs),
    signal(signal) {
      if (state.status === "live" && tree.isAlive(leader.identity)) signalForeground(leader.identity.pid, signal);
    },
    isSettled: () => state.status === "exited" && state.record.isDurable(),
    async forget() {
      if (state.status !== "exited") return false;
      await state.record.forget();
      return true;
    },
  };
}

function signalForeground(leaderPid: number, signal: NodeJS.Signals): void {
  const group = foregroundGroup(leaderPid) ?? leaderPid;
  try {
    process.kill(process.platform === "win32" ? group : -group, signal);
  } catch (error) {
    // It ended just now.
    if (errorCode(error) !== "ESRCH") throw error;
  }
}
