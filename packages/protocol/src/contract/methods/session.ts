import { z } from "zod";
import { defineMethods } from "../define.ts";
import { context, runId, runReference, timestamp } from "../entities.ts";
import { exampleContext } from "./examples.ts";

const cols = z.int().min(1).max(10_000);
const rows = z.int().min(1).max(10_000);

/** What a session does, and why that is thought. */
export const activity = z.object({
  state: z.enum(["working", "quiet", "blocked"]),
  /** For what it waits; null when it is not blocked, or does not say. */
  kind: z.enum(["permission", "question", "auth"]).nullable(),
  /** The best source that tells: a person's or harness's word, OSC 7501, OSC 133, OSC 9, 777, 99 or BEL, processor time, the visible screen. */
  source: z.enum(["explicit", "program-status", "shell-prompt", "notification", "processor", "screen"]),
  /** One line, such as `no visible change for 12 s`. */
  reason: z.string(),
  since: timestamp,
});

/** A live session. Its id is its run's. */
export const session = z.object({
  id: runId,
  name: z.string(),
  repository: z.string().nullable(),
  argv: z.array(z.string()),
  pid: z.int().positive(),
  startedAt: timestamp,
  /** Null for a session with pipes. */
  terminal: z
    .object({
      cols,
      rows,
      /** Bytes put out since the start. */
      offset: z.int().min(0),
      attachments: z.array(z.object({ id: z.string(), mode: z.enum(["control", "watch"]) })),
      controller: z.string().nullable(),
    })
    .nullable(),
  /** Null for a session with pipes. */
  activity: activity.nullable(),
});
export type Session = z.infer<typeof session>;

/** The screen of a terminal at an offset of its output: written to a terminal of that size, `data` makes it look and behave the same. */
export const snapshot = z.object({
  offset: z.int().min(0),
  cols,
  rows,
  /** Base64. */
  data: z.string(),
});
export type Snapshot = z.infer<typeof snapshot>;

/** What a person reads on the screen of a terminal. Rows and columns count from 0, from the upper left corner. */
const screenText = z.object({
  cols,
  rows,
  /** One for each row, without blanks at its end. */
  lines: z.array(z.string()),
  cursor: z.object({ column: z.int().min(0), row: z.int().min(0), isVisible: z.boolean() }),
  /** Of the window, as the program set it. */
  title: z.string(),
  /** A full-screen program shows this, and what was there before comes back when it ends. */
  isAlternate: z.boolean(),
});

const reference = { context, session: runReference };
const found = ["RunNotFound", "AmbiguousRun", "SessionNotLive", "NoTerminal"] as const;
const exampleTerminal = { cols: 80, rows: 24, offset: 4096, attachments: [], controller: null };
const exampleSession = {
  id: "7k3m9q2x5r8t",
  name: "shell",
  repository: null,
  argv: ["bash"],
  pid: 4260,
  startedAt: "2026-11-01T09:15:00.004Z",
  terminal: exampleTerminal,
  activity: {
    state: "quiet" as const,
    kind: null,
    source: "screen" as const,
    reason: "no visible change for 12 s",
    since: "2026-11-01T09:15:08.250Z",
  },
};
const exampleReference = { context: exampleContext, session: "7k3m" };

export const sessionMethods = defineMethods({
  "session.list": {
    summary: "The live sessions, oldest first.",
    since: "0.2.0",
    params: z.object({}),
    result: z.object({ sessions: z.array(session) }),
    errors: [],
    example: { params: {}, result: { sessions: [exampleSession] } },
  },
  "session.attach": {
    summary: "What a client needs to attach to a terminal: where its supervisor listens, and its screen as it is now.",
    since: "0.2.0",
    params: z.object({ ...reference }),
    result: z.object({
      session,
      /** The supervisor's socket, which speaks the stream of docs/protocol.md. */
      endpoint: z.string(),
      /** Version of the stream. */
      version: z.int().positive(),
      snapshot,
    }),
    errors: [...found, "SupervisorUnavailable"],
    example: {
      params: exampleReference,
      result: {
        session: exampleSession,
        endpoint: "/run/user/1000/orchastration/3f2a-2c9dk3mf0w1x.sock",
        version: 1,
        snapshot: { offset: 4096, cols: 80, rows: 24, data: "G1tIG1sySg==" },
      },
    },
  },
  "session.screen": {
    summary: "What a terminal shows now, as text.",
    since: "0.2.0",
    params: z.object({ ...reference }),
    result: screenText,
    errors: found,
    example: {
      params: exampleReference,
      result: {
        cols: 80,
        rows: 3,
        lines: ["$ make test", "42 passed", "$"],
        cursor: { column: 2, row: 2, isVisible: true },
        title: "make",
        isAlternate: false,
      },
    },
  },
  "session.read": {
    summary: "Bytes of a session's output from an offset; waits for more up to `waitMs` when there are none.",
    since: "0.2.0",
    params: z.object({
      ...reference,
      /** Of a session with pipes; default: stdout. */
      stream: z.enum(["stdout", "stderr"]).optional(),
      fromOffset: z.int().min(0),
      maxBytes: z.int().min(1).max(1_048_576).optional(),
      waitMs: z.int().min(0).max(60_000).optional(),
    }),
    result: z.object({
      /** Base64. */
      data: z.string(),
      /** Offset of the first byte of `data`: later than asked for when what was before it has been dropped. */
      offset: z.int().min(0),
      nextOffset: z.int().min(0),
      hasEnded: z.boolean(),
    }),
    errors: ["RunNotFound", "AmbiguousRun", "RequestCancelled"],
    isLong: true,
    example: {
      params: { ...exampleReference, fromOffset: 0 },
      result: { data: "aGVsbG8K", offset: 0, nextOffset: 6, hasEnded: true },
    },
  },
  "session.write": {
    summary: "Type into a terminal.",
    since: "0.2.0",
    params: z.object({
      ...reference,
      /** Base64. */
      data: z.base64().optional(),
      /** Pressed after `data`: characters, or names as tmux has them (`Enter`, `C-c`, `Up`), in the form the program has asked its terminal for. */
      keys: z.array(z.string().max(32)).max(1_000).optional(),
    }),
    result: z.object({}),
    errors: [...found, "InvalidParams"],
    example: { params: { ...exampleReference, data: "bHMK" }, result: {} },
  },
  "session.resize": {
    summary: "Give a terminal nobody controls a size. A controller's own size is stronger.",
    since: "0.2.0",
    params: z.object({ ...reference, cols, rows }),
    result: z.object({ session }),
    errors: found,
    example: { params: { ...exampleReference, cols: 120, rows: 40 }, result: { session: exampleSession } },
  },
  "session.signal": {
    summary: "Send a signal to what runs in the foreground of a terminal.",
    since: "0.2.0",
    params: z.object({
      ...reference,
      signal: z.enum([
        "SIGINT",
        "SIGTERM",
        "SIGHUP",
        "SIGQUIT",
        "SIGTSTP",
        "SIGCONT",
        "SIGUSR1",
        "SIGUSR2",
        "SIGWINCH",
      ]),
    }),
    result: z.object({}),
    errors: found,
    example: { params: { ...exampleReference, signal: "SIGINT" }, result: {} },
  },
  "session.takeControl": {
    summary: "Make an attachment the one whose keys are taken and whose size is the terminal's.",
    since: "0.2.0",
    params: z.object({ ...reference, attachment: z.string() }),
    result: z.object({ session }),
    errors: [...found, "AttachmentNotFound"],
    example: { params: { ...exampleReference, attachment: "a1" }, result: { session: exampleSession } },
  },
});
