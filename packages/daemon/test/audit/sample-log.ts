import { createHash } from "node:crypto";
import type { ChainPosition, SegmentEvent } from "../../src/domain/event-segment.ts";

const SHA256 = (text: string): string => createHash("sha256").update(text).digest("hex");

export const RUN = "7k3m9q2x5r8t";
const OTHER = "0c2dk3mf0w1x";

type Told = readonly [entity: string, name: string, payload: object];

/** Entries as a registry writes them, chained. */
export function chain(told: readonly Told[]): SegmentEvent[] {
  let hash = "0".repeat(64);
  return told.map(([entity, name, payload], index) => {
    const seq = index + 1;
    const actor = { kind: "daemon", name: "orchastration" };
    const entry = JSON.stringify({
      seq,
      id: `event${seq}`,
      at: "2026-11-01T09:15:00.000Z",
      actor,
      entity,
      name,
      payload,
    });
    hash = createHash("sha256").update(Buffer.from(hash, "hex")).update(entry).digest("hex");
    return { seq, entry, hash };
  });
}

function declared(id: string, changes: object = {}): object {
  return {
    id,
    kind: "job",
    name: "sample",
    repository: null,
    argv: ["ls", "-la", "Größe \u202e"],
    workingDir: "/home/ada/project",
    isTty: false,
    timeoutMs: 10_000,
    group: null,
    priority: 0,
    requestedBy: { kind: "person", name: "ada" },
    environmentDigest: "5d41402abc4b2a76b9719d911017c592",
    base: null,
    queuedAt: "2026-11-01T09:15:00.000Z",
    output: { stdoutPath: "/state/out.stdout.log", stderrPath: "/state/out.stderr.log" },
    recordPath: "/state/out.json",
    os: "linux",
    binaryVersion: "0.2.0",
    ...changes,
  };
}

const of = (id: string): string => `run:${id}`;
const at = "2026-11-01T09:15:00.004Z";
const identity = { pid: 4260, startTime: "123", bootId: "b" };
const summary = { stdoutBytes: 6, stderrBytes: 0, stdoutSha256: SHA256("hello\n"), stderrSha256: SHA256("") };
const ending = { run: RUN, endedAt: "2026-11-01T09:15:00.009Z", durationMs: 5.1, exit: { code: 0 }, summary };

export const queued = (changes: object = {}): Told => [of(RUN), "run.queued", { run: declared(RUN, changes) }];
export const launched: Told = [of(RUN), "run.launched", { run: RUN, process: identity, startedAt: at }];
export const succeeded: Told = [of(RUN), "run.succeeded", ending];
export const cancelled: Told = [
  of(RUN),
  "run.cancelled",
  { run: RUN, endedAt: "2026-11-01T09:15:00.009Z", reason: "cancelled by ada" },
];
export const daemonStarted: Told = ["daemon", "daemon.started", { pid: 4242, version: "0.2.0" }];
const otherQueued: Told = [of(OTHER), "run.queued", { run: declared(OTHER, { argv: ["secret", "of", "another"] }) }];

/** A run among others: events 2, 4, 6 and 9 are its own. */
export const SAMPLE: readonly SegmentEvent[] = chain([
  daemonStarted,
  queued(),
  otherQueued,
  [of(RUN), "run.prepared", { run: RUN }],
  ["supervisor:s1", "supervisor.started", { supervisor: "s1", pid: 4250, version: "0.2.0" }],
  launched,
  [of(OTHER), "run.prepared", { run: OTHER }],
  ["config", "config.reloaded", { file: "/home/ada/.config/orchastration/config.toml" }],
  succeeded,
  ["daemon", "daemon.stopped", { pid: 4242, liveSessions: 0 }],
]);

export function positionIn(log: readonly SegmentEvent[]): (seq: number) => ChainPosition {
  return (seq) => ({ seq, hash: log[seq - 1]?.hash ?? "0".repeat(64) });
}

export function ownEvents(log: readonly SegmentEvent[]): readonly SegmentEvent[] {
  return log.filter(({ entry }) => entry.includes(`"entity":"${of(RUN)}"`));
}

export const TASK = "3t5k7m9q2x5r";
const OTHER_TASK = "4t5k7m9q2x5r";
const ofTask: Told[0] = `task:${TASK}`;
const ENDED_AT = "2026-11-01T09:20:00.000Z";

export function taskCreated(id: string = TASK): Told {
  const task = {
    id,
    kind: "file",
    repository: "/home/ada/project",
    number: 3,
    slug: "login",
    createdAt: "2026-11-01T09:14:00.000Z",
    title: "Größer einloggen",
    baseBranch: null,
    agent: "claude",
    labels: [],
  };
  return [`task:${id}`, "task.created", { task }];
}

const merged: Told = [
  ofTask,
  "task.merged",
  {
    task: TASK,
    merge: { into: "main", base: "a".repeat(40), head: "b".repeat(40), result: "c".repeat(40), strategy: "squash" },
    mergedAt: ENDED_AT,
  },
];

const belongsTo = (task: string) => ({ task: { id: task, onExit: "stop" }, kind: "agent", isTty: true });

/** A task with one run, and another task with another run: events 2, 4, 6, 7, 8 and 9 are its own. */
export const TASK_SAMPLE: readonly SegmentEvent[] = chain([
  daemonStarted,
  taskCreated(),
  taskCreated(OTHER_TASK),
  queued(belongsTo(TASK)),
  [of(OTHER), "run.queued", { run: declared(OTHER, { ...belongsTo(OTHER_TASK), argv: ["secret", "of", "another"] }) }],
  [ofTask, "task.queued", { task: TASK, run: RUN }],
  launched,
  succeeded,
  merged,
  ["daemon", "daemon.stopped", { pid: 4242, liveSessions: 0 }],
]);

export function eventsOfTask(log: readonly SegmentEvent[]): readonly SegmentEvent[] {
  return log.filter(({ entry }) => entry.includes(`"entity":"${ofTask}"`) || entry.includes(`"entity":"${of(RUN)}"`));
}
