import { z } from "zod";
import {
  type Actor,
  actor,
  dropReason,
  exit,
  outputSummary,
  processIdentity,
  run,
  runId,
  sha256,
  startStep,
  stopReason,
  timestamp,
} from "./entities.ts";
import { orchestrationEvents } from "./orchestration.ts";
import { plan, taskAction, taskDocuments } from "./plan.ts";
import { authoredTask, declaredTask, lease, mergeIntent, taskId } from "./task.ts";

const ended = {
  run: runId,
  endedAt: timestamp,
  durationMs: z.number().min(0),
  exit: exit.nullable(),
  summary: outputSummary,
};

/**
 * Every event of the log: name -> payload. The payload, with the entity's earlier events, is enough to rebuild the entity.
 * `run.queued` is the intent and carries the whole run as declared, before anything was started.
 */
export const events = {
  "daemon.started": z.object({ pid: z.int(), version: z.string() }),
  "daemon.stopped": z.object({ pid: z.int(), liveSessions: z.int().min(0) }),
  "config.reloaded": z.object({ file: z.string() }),
  "config.rejected": z.object({ file: z.string(), problems: z.array(z.string()) }),
  "supervisor.started": z.object({ supervisor: z.string(), pid: z.int(), version: z.string() }),
  "supervisor.lost": z.object({ supervisor: z.string(), pid: z.int() }),
  "session.outputDropped": z.object({
    run: runId,
    reason: dropReason,
    bytes: z.int().min(0),
    sha256: sha256.nullable().describe("Of the whole output, as the run's outcome has it."),
    segments: z
      .array(z.object({ offset: z.int().min(0), bytes: z.int().min(0), sha256: sha256.nullable() }))
      .describe("What was still there. A digest of null: none was written, as its supervisor died."),
  }),
  "run.queued": z.object({
    run: run
      .omit({ state: true, eventSeq: true, eventHash: true })
      .describe("as declared: a Run without its state and its newest event"),
  }),
  "run.prepared": z.object({ run: runId }),
  "run.launched": z.object({ run: runId, process: processIdentity, startedAt: timestamp }),
  "run.stopRequested": z.object({ run: runId, reason: stopReason }),
  "run.succeeded": z.object(ended),
  "run.failed": z.object({
    ...ended,
    reason: z.string().nullable(),
    step: startStep.optional().describe("What of its start failed; absent when the command ran."),
  }),
  "run.timedOut": z.object({ ...ended, reason: z.string() }),
  "run.stopped": z.object({ ...ended, reason: z.string() }),
  "run.cancelled": z.object({ run: runId, endedAt: timestamp, reason: z.string() }),
  "run.lost": z.object({ ...ended, reason: z.string() }),
  "task.created": z.object({ task: declaredTask.extend(authoredTask.shape) }),
  "task.edited": z.object({ task: taskId, ...authoredTask.shape }),
  "task.queued": z.object({ task: taskId, run: runId }),
  "task.admitted": z.object({ task: taskId }),
  "task.startCancelled": z.object({ task: taskId }),
  "task.startUndone": z.object({ task: taskId, reason: z.string() }),
  "task.started": z.object({ task: taskId }),
  "task.continued": z.object({ task: taskId }).describe("A finished task whose agent still lives goes on."),
  "task.becameIdle": z.object({ task: taskId, source: z.string(), reason: z.string(), since: timestamp }),
  "task.becameActive": z.object({ task: taskId }),
  "task.stopped": z.object({ task: taskId, reason: z.string() }),
  "task.completed": z.object({ task: taskId, reason: z.string().nullable() }),
  "task.failed": z.object({ task: taskId, reason: z.string() }),
  "task.reviewed": z.object({ task: taskId }),
  "task.sessionEnded": z.object({ task: taskId }).describe("The session of a finished task ended; its word stands."),
  "task.worktreePlanned": z.object({ task: taskId, lease }),
  "task.worktreeMade": z.object({ task: taskId }),
  "task.worktreePrepared": z.object({ task: taskId }),
  "task.worktreeRemoved": z.object({ task: taskId, backupRef: z.string().nullable() }),
  "task.conversationSet": z.object({ task: taskId, conversation: z.string() }),
  "task.mergeIntended": z.object({ task: taskId, intent: mergeIntent }),
  "task.mergeAbandoned": z.object({ task: taskId, reason: z.string() }),
  "task.merged": z.object({ task: taskId, merge: mergeIntent, mergedAt: timestamp }),
  "task.planned": z.object({ task: taskId, plan }),
  "task.documented": z.object({ task: taskId, documents: taskDocuments }),
  "task.actionEnded": z
    .object({
      task: taskId,
      action: taskAction,
      startedAt: timestamp,
      endedAt: timestamp,
      durationMs: z.number().min(0),
      status: z.enum(["succeeded", "failed"]),
      message: z.string(),
      recordPath: z.string().describe("Path of the JSON record, written afterwards."),
    })
    .describe("Something was done for a task that is no run."),
  "task.branchCreated": z.object({ task: taskId, branch: z.string(), commit: z.string() }),
  "task.issueRequested": z
    .object({ task: taskId, title: z.string() })
    .describe("gh is about to be asked: an issue may be there from now on."),
  "task.issueCreated": z.object({ task: taskId, url: z.string() }),
  "task.removed": z.object({ task: taskId, reason: z.string(), backupRef: z.string().nullable() }),
  ...orchestrationEvents,
} as const;

export type EventName = keyof typeof events;
export type EventPayload<N extends EventName> = z.infer<(typeof events)[N]>;

type EventNameOf<Kind extends string> = Extract<EventName, `${Kind}.${string}`>;

/** An event of one kind of entity, as it goes into the log: `EventOf<"run">`. */
export type EventOf<Kind extends string> = {
  [N in EventNameOf<Kind>]: { readonly name: N; readonly payload: EventPayload<N> };
}[EventNameOf<Kind>];

/** An event of the log: `entity` is `run:<id>`, `task:<id>`, `orchestration:<id>`, `daemon`, `config` or `supervisor:<id>`. */
export interface StoredEvent {
  readonly seq: number;
  readonly id: string;
  /** RFC 3339. */
  readonly at: string;
  readonly actor: Actor;
  readonly entity: string;
  readonly name: string;
  readonly payload: Record<string, unknown>;
  /** Hexadecimal, of the chain up to and with this event. */
  readonly hash: string;
}

/** An event as it is delivered. */
export const eventNotification = z.object({
  subscriptionId: z.string(),
  seq: z.int().positive(),
  name: z.string(),
  at: timestamp,
  actor,
  entity: z.string(),
  payload: z.record(z.string(), z.unknown()),
});

export const gapNotification = z.object({
  subscriptionId: z.string(),
  from: z
    .int()
    .positive()
    .describe("First seq that was not sent; subscribe with `since: from - 1` to read what is missing."),
  to: z
    .int()
    .positive()
    .describe("Last seq that was not sent; the subscription goes on with what was committed since."),
});

export const progressNotification = z.object({
  id: z.union([z.string(), z.number()]).describe("The id of the open request."),
  progress: z.record(z.string(), z.unknown()),
});

export const troubleNotification = z.object({
  message: z.string().nullable().describe("What the daemon cannot do at this moment; null: it can again."),
});

/** Notifications the daemon sends, by JSON-RPC method name. */
export const notifications = {
  event: { summary: "A committed change, in the order of the log.", params: eventNotification },
  "events.gap": { summary: "This reader was too slow; these events were not sent.", params: gapNotification },
  "$/progress": { summary: "Progress of a request that stays open.", params: progressNotification },
  "daemon.trouble": {
    summary:
      "Outcomes cannot be recorded now, and wait: the state directory is full, or no supervisor can be had. Sent when that begins and ends, and to whoever connects meanwhile.",
    params: troubleNotification,
  },
} as const;

export type EventNotification = z.infer<typeof eventNotification>;
export type TroubleNotification = z.infer<typeof troubleNotification>;
export type GapNotification = z.infer<typeof gapNotification>;
