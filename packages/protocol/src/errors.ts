import type { ErrorDefinition } from "./error-definition.ts";
import { ORCHESTRATION_ERRORS } from "./orchestration-errors.ts";
import { TASK_ERRORS } from "./task-errors.ts";

export type { ErrorDefinition };

/**
 * Every error that may cross the wire, in one place: docs/errors.md is generated from this table and a test compares both.
 * Codes are stable for ever; a kind that is no longer used keeps its number.
 */
export const ERRORS = {
  ParseError: {
    code: -32700,
    exitCode: 1,
    isRetryable: false,
    meaning: "The message is no JSON.",
    hint: "Send one JSON object per line, or Content-Length framed messages.",
  },
  InvalidRequest: {
    code: -32600,
    exitCode: 1,
    isRetryable: false,
    meaning: "The message is no JSON-RPC 2.0 request. Batches are not supported.",
    hint: "Send one request object per message.",
  },
  MethodNotFound: {
    code: -32601,
    exitCode: 1,
    isRetryable: false,
    meaning: "There is no method of that name.",
    hint: "`rpc.discover` lists the methods. A client newer than the daemon needs `orchastration daemon restart`.",
  },
  InvalidParams: {
    code: -32602,
    exitCode: 2,
    isRetryable: false,
    meaning: "The parameters do not match the method's schema.",
    hint: "`data.issues` names every field that does not fit.",
  },
  InternalError: {
    code: -32603,
    exitCode: 1,
    isRetryable: false,
    meaning: "A defect of the daemon. The incident number stands in its log with the details.",
    hint: "Look for the incident in `orchastration daemon logs`, and report it.",
  },
  RequestCancelled: {
    code: -32800,
    exitCode: 130,
    isRetryable: true,
    meaning: "The caller cancelled the request with $/cancelRequest, or closed its connection.",
    hint: "Send the request again if it is still wanted.",
  },
  NotInitialized: {
    code: 1001,
    exitCode: 1,
    isRetryable: false,
    meaning: "A method was called before `initialize`.",
    hint: "Send `initialize` first; before it only `ping` and `rpc.discover` answer.",
  },
  ProtocolVersionUnsupported: {
    code: 1002,
    exitCode: 69,
    isRetryable: false,
    meaning: "Client and daemon speak no common protocol version.",
    hint: "Run `orchastration daemon restart`; running sessions go on.",
  },
  InvalidSeq: {
    code: 1003,
    exitCode: 1,
    isRetryable: false,
    meaning: "`since` lies beyond the newest event or before the first one.",
    hint: "Subscribe with `since` between 0 and `headSeq`, or without it.",
  },
  DaemonStopping: {
    code: 1004,
    exitCode: 75,
    isRetryable: true,
    meaning: "The daemon is about to end and starts nothing new.",
    hint: "Try again in a moment.",
  },
  LimitExceeded: {
    code: 1005,
    exitCode: 75,
    isRetryable: true,
    meaning: "A limit of the server was reached: connections, subscriptions, requests in flight, or message size.",
    hint: "`initialize` answers the limits; split the request or close what is not needed.",
  },
  SubscriptionNotFound: {
    code: 1006,
    exitCode: 1,
    isRetryable: false,
    meaning: "This connection has no subscription of that id.",
    hint: "Use the `subscriptionId` that `events.subscribe` answered on the same connection.",
  },
  SystemFailed: {
    code: 1007,
    exitCode: 1,
    isRetryable: true,
    meaning:
      "The operating system did not let the daemon do what was asked for: no room, no permission, a defect of a disk.",
    hint: "The message carries what the system said, and of which file. Mend that, and try again: what was begun is taken up or taken back.",
  },
  JobNotFound: {
    code: 1101,
    exitCode: 1,
    isRetryable: false,
    meaning: "No job of that name is configured here.",
    hint: "`orchastration list` shows the configured jobs.",
  },
  RunNotFound: {
    code: 1102,
    exitCode: 1,
    isRetryable: false,
    meaning: "No run has that id, and no job of that name has run.",
    hint: "`orchastration runs` lists the recorded runs.",
  },
  AmbiguousRun: {
    code: 1103,
    exitCode: 1,
    isRetryable: false,
    meaning: "Several runs begin with that prefix.",
    hint: "Give more characters of the id.",
  },
  CommandNotFound: {
    code: 1104,
    exitCode: 127,
    isRetryable: false,
    meaning: "The program was not found on the PATH of the caller.",
    hint: "Check the spelling and the PATH, or give an absolute path.",
  },
  CommandNotExecutable: {
    code: 1105,
    exitCode: 126,
    isRetryable: false,
    meaning: "The file exists but cannot be executed.",
    hint: "Make it executable (`chmod +x`), or name its interpreter in the command.",
  },
  WorkingDirectoryInvalid: {
    code: 1106,
    exitCode: 1,
    isRetryable: false,
    meaning: "The working directory does not exist, is no directory, or cannot be entered.",
    hint: "Create it, or correct `working_dir`.",
  },
  IllegalTransition: {
    code: 1107,
    exitCode: 1,
    isRetryable: false,
    meaning: "That cannot be done in the present state.",
    hint: "`data.allowed` names what can be done now.",
  },
  NotSupported: {
    code: 1108,
    exitCode: 1,
    isRetryable: false,
    meaning: "This build cannot do that.",
    hint: "The README says what is built and what is not.",
  },
  SessionNotLive: {
    code: 1109,
    exitCode: 1,
    isRetryable: false,
    meaning: "The session has ended, or was lost: there is nothing to attach to.",
    hint: "`orchastration logs <run>` shows what it put out.",
  },
  NoTerminal: {
    code: 1110,
    exitCode: 1,
    isRetryable: false,
    meaning: "The session has pipes and no terminal.",
    hint: "`orchastration logs <run> --follow` follows it; start it with --tty to attach to it.",
  },
  AttachmentNotFound: {
    code: 1111,
    exitCode: 1,
    isRetryable: false,
    meaning: "The session has no attachment of that id.",
    hint: "`session.list` names the attachments of every session.",
  },
  ConfigInvalid: {
    code: 1201,
    exitCode: 78,
    isRetryable: false,
    meaning: "A configuration file has mistakes; `data.problems` lists them with file, line and key.",
    hint: "Correct the lines named, then `orchastration config check`.",
  },
  NotTrusted: {
    code: 1202,
    exitCode: 77,
    isRetryable: false,
    meaning: "The repository's configuration is not trusted, so it cannot run commands.",
    hint: "Read `.orchastration/config.toml`, then `orchastration trust`.",
  },
  NoRepository: {
    code: 1203,
    exitCode: 1,
    isRetryable: false,
    meaning: "The caller's directory lies in no git repository.",
    hint: "Change to a directory of the repository that is meant.",
  },
  StateUnavailable: {
    code: 1301,
    exitCode: 1,
    isRetryable: true,
    meaning: "The state directory cannot be written: full, read-only, or without permission.",
    hint: "Make room or restore the permission, then try again; nothing half written was left.",
  },
  SupervisorUnavailable: {
    code: 1302,
    exitCode: 69,
    isRetryable: true,
    meaning: "No supervisor could be started or reached.",
    hint: "`orchastration daemon logs` says why; `orchastration doctor` checks the installation.",
  },
  SpawnFailed: {
    code: 1303,
    exitCode: 1,
    isRetryable: false,
    meaning: "The operating system refused to start the process.",
    hint: "The message carries the reason the system gave.",
  },
  SessionNotFound: {
    code: 1304,
    exitCode: 1,
    isRetryable: false,
    meaning: "The supervisor holds no session of that id.",
    hint: "`orchastration runs` shows which runs are live.",
  },
  ...TASK_ERRORS,
  ...ORCHESTRATION_ERRORS,
  AuditUnusable: {
    code: 1701,
    exitCode: 1,
    isRetryable: false,
    meaning: "The signing key of the audit log, or a head that it signed, is not as it was left.",
    hint: "`orchastration audit verify` says what differs. To begin with a new key, move the folder `audit` out of the state directory.",
  },
  ExportTooLarge: {
    code: 1702,
    exitCode: 1,
    isRetryable: false,
    meaning: "Between the events of this export lie more others than one file may hold.",
    hint: "Leave out `--whole` and `--through`: then only the entity's own events are exported.",
  },
  FileUnreadable: {
    code: 1703,
    exitCode: 1,
    isRetryable: false,
    meaning: "A file that the request names cannot be read, or is larger than such a file may be.",
    hint: "The message names the file and the reason.",
  },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorKind = keyof typeof ERRORS;

export function isErrorKind(kind: unknown): kind is ErrorKind {
  return typeof kind === "string" && Object.hasOwn(ERRORS, kind);
}

/** What every error carries in `data`; further fields depend on the kind and are documented in docs/errors.md. */
export interface ErrorData {
  readonly kind: ErrorKind;
  readonly hint: string;
  readonly retryable: boolean;
  readonly [detail: string]: unknown;
}

/** An error of the catalogue. Thrown by services and handlers, sent over the wire as it is, thrown again by the client. */
export class OrchastrationError extends Error {
  readonly kind: ErrorKind;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    kind: ErrorKind,
    message: string,
    options: { hint?: string; details?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "OrchastrationError";
    this.kind = kind;
    this.hint = options.hint ?? ERRORS[kind].hint;
    this.details = options.details ?? {};
  }

  get code(): number {
    return ERRORS[this.kind].code;
  }

  get exitCode(): number {
    return ERRORS[this.kind].exitCode;
  }

  get isRetryable(): boolean {
    return ERRORS[this.kind].isRetryable;
  }

  get data(): ErrorData {
    return { ...this.details, kind: this.kind, hint: this.hint, retryable: this.isRetryable };
  }
}
