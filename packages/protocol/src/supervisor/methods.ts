import type { Exit, ProcessIdentity, StopReason } from "../contract/entities.ts";
import type { VersionRange } from "../version.ts";

/**
 * What daemon and supervisor say to each other: JSON-RPC 2.0, one message per line, on the supervisor's socket. Both ends are ours and of the
 * same user, so these are types without schemas: a supervisor must stay small, since every spawn forks it.
 */

/** Output of a session without a terminal: the child itself appends to both files. The directory exists; the files must not. */
export interface PipeOutput {
  readonly kind: "pipes";
  readonly stdoutPath: string;
  readonly stderrPath: string;
  /** Sum of both files at which the session is stopped with reason `output_limit`; 0: none. */
  readonly maxBytes: number;
}

/**
 * A session with a terminal: the supervisor owns the pty and writes its journal (`output.<n>.raw`, `output.idx`) into the session's directory.
 * Offsets count the bytes of the session from its start, for ever; old segments are dropped beyond `maxBytes`.
 */
export interface PtyOutput {
  readonly kind: "pty";
  readonly cols: number;
  readonly rows: number;
  readonly segmentBytes: number;
  /** 0: none. The current segment is never dropped. */
  readonly maxBytes: number;
}

export interface SpawnParams {
  /** Id of session and run. Spawning an id the supervisor holds already answers what it holds: spawn is idempotent. */
  readonly session: string;
  /** Absolute path of the program; `argv[0]` is given to it as it is. */
  readonly file: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The child's whole environment; the supervisor adds nothing but {@link SESSION_MARKER}. */
  readonly env: Readonly<Record<string, string>>;
  /** File mode creation mask of the child; null: the supervisor's own. Set around the spawn, which is synchronous. */
  readonly umask: number | null;
  readonly output: PipeOutput | PtyOutput;
  /** Milliseconds of monotonic time until it is stopped with reason `timed_out`; null: none. */
  readonly timeoutMs: number | null;
  /** Milliseconds between asking the tree to end and ending it. */
  readonly stopGraceMs: number;
  /** Directory of this session for `exit.json`, written durably before the exit is reported. It exists. */
  readonly directory: string;
  /**
   * The daemon has made the first file of the output itself, empty (stdout, or a terminal's index), so that no supervisor it asked before can start
   * the command: this one may use it. Absent: the file must not exist, and whoever makes it starts the command.
   */
  readonly isClaimed?: boolean;
}

/** Environment variable that marks every process of a session, inherited by whatever it starts. Value: the session's id. */
export const SESSION_MARKER = "ORCHASTRATION_RUN_ID";

/** Environment variable that marks our own long-lived processes, so that no session's tree is ever taken to contain one. */
export const ROLE_MARKER = "ORCHASTRATION_ROLE";

/** A live terminal. */
export interface TerminalFacts {
  readonly cols: number;
  readonly rows: number;
  /** Bytes it has put out since its start, all of them in the journal or on their way into it. */
  readonly offset: number;
  /** Attachments, and which of them controls the terminal: its keys are taken, and its size is the terminal's. */
  readonly attachments: readonly { readonly id: string; readonly mode: "control" | "watch" }[];
  readonly controller: string | null;
}

export interface LiveSession {
  readonly status: "live";
  readonly session: string;
  readonly process: ProcessIdentity;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Set once it is being stopped. */
  readonly stopReason: StopReason | null;
  /** Null for a session with pipes, and for one that was adopted: its terminal died with its supervisor. */
  readonly terminal: TerminalFacts | null;
}

/** How a session ended. An adopted process is nobody's child: its exit is unknown. */
export interface ExitedSession {
  readonly status: "exited";
  readonly session: string;
  readonly process: ProcessIdentity;
  readonly startedAt: string;
  readonly endedAt: string;
  /** Monotonic. */
  readonly durationMs: number;
  readonly exit: Exit | { readonly unknown: true };
  readonly stopReason: StopReason | null;
  /** Sizes of the output at its end, of a terminal as `stdoutBytes` all it ever put out; what a surviving descendant appends later is not this run's. */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  /** Descendants still alive at the exit of a session that was not stopped: they were left alone. */
  readonly survivors: number;
}

export type SessionReport = LiveSession | ExitedSession;

/** A process whose supervisor died: followed to its end, stopped when asked, never reported with an exit code. */
export interface AdoptParams
  extends Pick<SpawnParams, "session" | "output" | "timeoutMs" | "stopGraceMs" | "directory"> {
  /** What was recorded at its launch; null when the daemon died before recording it: then the marker alone identifies it. */
  readonly process: ProcessIdentity | null;
  readonly startedAt: string;
  readonly stopReason: StopReason | null;
}

export interface SupervisorMethods {
  initialize: {
    params: { readonly protocolVersion: VersionRange; readonly daemonVersion: string };
    result: {
      readonly protocolVersion: number;
      readonly id: string;
      readonly pid: number;
      readonly version: string;
      /** Of the terminal stream; absent: the first version alone. */
      readonly streamVersions?: VersionRange;
    };
  };
  "session.spawn": { params: SpawnParams; result: { readonly report: SessionReport } };
  /** Answers `gone` when no process of that identity or marker is alive. */
  "session.adopt": { params: AdoptParams; result: { readonly report: SessionReport | { readonly status: "gone" } } };
  "session.list": { params: Record<string, never>; result: { readonly sessions: readonly SessionReport[] } };
  /** Begins the stop ladder and answers at once. Repeated: no effect, except that `graceMs: 0` ends the tree now. */
  "session.stop": {
    params: { readonly session: string; readonly reason: StopReason; readonly graceMs: number };
    result: { readonly report: SessionReport };
  };
  /**
   * Ends the processes of a session that another supervisor holds, which does not answer: it will see and report the exit when it goes on. Answers
   * when the ladder has been climbed.
   */
  "session.endElsewhere": {
    params: {
      readonly session: string;
      readonly process: ProcessIdentity;
      readonly hasTerminal: boolean;
      readonly graceMs: number;
    };
    /** Processes that could not be ended. */
    result: { readonly survivors: number };
  };
  /** The daemon has committed the exit: the supervisor forgets the session and removes its `exit.json`. Unknown ids are fine. */
  "session.acknowledge": { params: { readonly session: string }; result: Record<string, never> };
  /**
   * Bytes typed into a terminal, base64. `unlessControlled`: an answer to a query of the program, which an attached controller's own terminal
   * gives; nothing is written then, unless all that was asked was asked before this offset of the output and before somebody controlled.
   */
  "session.write": {
    params: {
      readonly session: string;
      readonly data: string;
      readonly unlessControlled?: boolean;
      readonly askedBefore?: number;
    };
    result: { readonly isWritten: boolean };
  };
  /** A size for a terminal nobody controls; a controller's own size is stronger. */
  "session.resize": {
    params: { readonly session: string; readonly cols: number; readonly rows: number };
    result: { readonly terminal: TerminalFacts };
  };
  /** A signal for the foreground process group of the terminal, or the session's group. */
  "session.signal": { params: { readonly session: string; readonly signal: string }; result: Record<string, never> };
  /** Makes an attachment the controller; the former one becomes a watcher and is told. */
  "session.takeControl": {
    params: { readonly session: string; readonly attachment: string };
    result: { readonly terminal: TerminalFacts };
  };
  /** Shows everybody attached to a terminal a notice about something else. Plain texts, a line each. */
  "session.tell": {
    params: { readonly session: string; readonly title: string; readonly body: string };
    result: Record<string, never>;
  };
  /** Accept no further sessions; end when the last one has ended and is acknowledged. */
  "supervisor.drain": { params: Record<string, never>; result: { readonly sessions: number } };
}

export interface SupervisorNotifications {
  /** Sent after the ladder began for a reason the daemon did not give itself: `timed_out`, `output_limit`. */
  "session.stopping": LiveSession;
  "session.exited": ExitedSession;
  /** Attachments, controller or size changed. Output alone is not told. */
  "session.terminalChanged": LiveSession;
  /** Somebody typed: keys of the controller, or `session.write`. At most once a second. */
  "session.typed": LiveSession;
}

export type SupervisorMethod = keyof SupervisorMethods;
export type SupervisorNotification = keyof SupervisorNotifications;
