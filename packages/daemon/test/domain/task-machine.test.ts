import { OrchastrationError } from "@orchastration/protocol";
import type { Task, TaskState, TaskStatus } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import { taskAfter } from "../../src/domain/task-history.ts";
import {
  advanceTask,
  TASK_TRANSITIONS,
  type TaskTrigger,
  type TaskTriggerType,
} from "../../src/domain/task-machine.ts";

const AT = "2026-11-01T09:15:00.000Z";
const merge = { into: "main", base: "b", head: "h", result: "r", strategy: "squash" } as const;

const STATES: Readonly<Record<TaskStatus, TaskState>> = {
  draft: { status: "draft" },
  queued: { status: "queued", before: { status: "stopped", reason: "stopped on request" } },
  starting: { status: "starting", before: { status: "reviewed" } },
  running: { status: "running" },
  idle: { status: "idle", source: "screen", reason: "no visible change for 12 s", since: AT },
  stopped: { status: "stopped", reason: "stopped on request" },
  failed: { status: "failed", reason: "no" },
  completed: { status: "completed", reason: null },
  reviewed: { status: "reviewed" },
  merged: { status: "merged", into: "main", commit: "r", mergedAt: AT },
};

const TRIGGERS: { readonly [T in TaskTriggerType]: Extract<TaskTrigger, { type: T }> } = {
  start: { type: "start", run: "7k3m9q2x5r8t" },
  admit: { type: "admit" },
  cancel: { type: "cancel" },
  undo: { type: "undo", reason: "the branch exists" },
  live: { type: "live" },
  continue: { type: "continue" },
  idle: { type: "idle", source: "explicit", reason: "it waits", since: AT },
  active: { type: "active" },
  exit: { type: "exit", outcome: { status: "completed", reason: null } },
  stop: { type: "stop", reason: "stopped on request" },
  lose: { type: "lose", reason: "its supervisor died" },
  complete: { type: "complete", reason: null },
  fail: { type: "fail", reason: "no" },
  review: { type: "review" },
  merge: { type: "merge", merge, mergedAt: AT },
};

function taskIn(status: TaskStatus): Task {
  return {
    id: "4p8s2m6n1c7w",
    kind: "file",
    repository: "/home/ada/project",
    number: 3,
    slug: "login",
    createdAt: AT,
    title: "Fix the login",
    baseBranch: "main",
    agent: null,
    labels: [],
    lease: null,
    run: "7k3m9q2x5r8t",
    conversation: null,
    mergeIntent: null,
    state: STATES[status],
    eventSeq: 4,
  };
}

/** The table of lifecycle.md, written down a second time: state -> trigger -> where it leads from the samples above. */
const EXPECTED: Readonly<Record<TaskStatus, Partial<Record<TaskTriggerType, TaskStatus>>>> = {
  draft: { start: "queued", complete: "completed", fail: "failed" },
  queued: { admit: "starting", cancel: "stopped" },
  starting: { live: "running", fail: "failed", stop: "stopped", lose: "stopped", undo: "reviewed" },
  running: {
    idle: "idle",
    exit: "completed",
    stop: "stopped",
    complete: "completed",
    fail: "failed",
    lose: "stopped",
  },
  idle: {
    active: "running",
    idle: "idle",
    exit: "completed",
    stop: "stopped",
    complete: "completed",
    fail: "failed",
    lose: "stopped",
  },
  stopped: { start: "queued", complete: "completed", fail: "failed" },
  failed: {
    start: "queued",
    continue: "running",
    complete: "completed",
    exit: "failed",
    stop: "failed",
    lose: "failed",
  },
  completed: {
    start: "queued",
    continue: "running",
    review: "reviewed",
    merge: "merged",
    fail: "failed",
    exit: "completed",
    stop: "completed",
    lose: "completed",
  },
  reviewed: {
    start: "queued",
    continue: "running",
    merge: "merged",
    fail: "failed",
    exit: "reviewed",
    stop: "reviewed",
    lose: "reviewed",
  },
  merged: {},
};

const statuses = Object.keys(STATES) as TaskStatus[];
const types = Object.keys(TRIGGERS) as TaskTriggerType[];
const pairs = statuses.flatMap((from) => types.map((on) => [from, on, EXPECTED[from][on]] as const));

describe("a task", () => {
  test.each(pairs.filter(([, , to]) => to !== undefined))("that is %s, on %s, becomes %s", (from, on, to) => {
    const task = taskIn(from);
    const after = taskAfter({ task, isRemoved: false }, advanceTask(task, TRIGGERS[on]), 5);
    expect(after.task.state.status).toBe(to);
    expect(TASK_TRANSITIONS[from]).toHaveProperty(on);
  });

  test.each(pairs.filter(([, , to]) => to === undefined))(
    "that is %s refuses %s and says what is possible",
    (from, on) => {
      const attempt = (): unknown => advanceTask(taskIn(from), TRIGGERS[on]);
      expect(attempt).toThrow(OrchastrationError);
      expect(attempt).toThrow(/task 3-login/);
    },
  );

  test("that is merged says how to clean up", () => {
    expect(() => advanceTask(taskIn("merged"), TRIGGERS.merge)).toThrow(
      expect.objectContaining({ kind: "IllegalTransition", hint: expect.stringContaining("`orchastration gc`") }),
    );
  });

  test("goes back to exactly where it was when its start comes to nothing", () => {
    const stopped = taskIn("stopped");
    const queued = taskAfter({ task: stopped, isRemoved: false }, advanceTask(stopped, TRIGGERS.start), 5);
    const starting = taskAfter(queued, advanceTask(queued.task, TRIGGERS.admit), 6);
    const undone = taskAfter(starting, advanceTask(starting.task, TRIGGERS.undo), 7);
    expect(undone.task.state).toEqual(stopped.state);
  });

  test("never follows its own removal", () => {
    const removed = taskAfter(
      { task: taskIn("draft"), isRemoved: false },
      { name: "task.removed", payload: { task: "4p8s2m6n1c7w", reason: "removed", backupRef: null } },
      5,
    );
    expect(removed.isRemoved).toBe(true);
    expect(() => taskAfter(removed, advanceTask(taskIn("draft"), TRIGGERS.start), 6)).toThrow(/removed/);
  });
});
