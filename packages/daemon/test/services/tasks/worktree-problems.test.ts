import type { Lease, MergeIntent, Task } from "@orchastration/protocol/contract";
import { expect, test } from "vitest";
import type { WorktreeStanding } from "../../../src/git/standing.ts";
import { createFindWorktreeProblems } from "../../../src/services/tasks/worktree-problems.ts";
import { ADA, AT } from "../../registry/sample-runs.ts";
import { openTasks } from "./sample-tasks.ts";

const FINE: WorktreeStanding = {
  isThere: true,
  gitDir: "/project/.git/worktrees/1-login",
  hasBranch: true,
  checkedOut: "orchastration/1-login",
};
const COMMIT = "1f3870be274f6c49b3e31a0c6728957f1f3870be";

/** A task with a worktree, and what is said of it when it stands like this. */
async function arrange(stage: Lease["stage"] = "prepared") {
  const tasks = openTasks();
  const created = await tasks.create(1, "login");
  const lease: Lease = {
    path: `${tasks.repository}/.orchastration/worktrees/1-login`,
    branch: "orchastration/1-login",
    baseBranch: "main",
    baseCommit: COMMIT,
    stage: "planned",
  };
  const task: Task = { ...created, lease: { ...lease, stage } };
  const find = (standing: WorktreeStanding, of: Task = task) =>
    createFindWorktreeProblems({
      findCommonDir: () => Promise.resolve("/project/.git"),
      observeStanding: (_, worktrees) => Promise.resolve(worktrees.map(() => standing)),
    })(tasks.repository, [of]);
  return { tasks, task, find };
}

test.each([
  [{ isThere: false }, /the worktree of task 1-login is gone: `orchastration start 1-login` makes it anew/],
  [{ hasBranch: false }, /the branch orchastration\/1-login of task 1-login is gone/],
  [{ checkedOut: "mine" }, /has mine checked out: `git switch orchastration\/1-login` brings its own back/],
  [{ checkedOut: null }, /has no branch checked out/],
])("what was done by hand is said: %j", async (change, message) => {
  const { task, find } = await arrange();
  expect(await find({ ...FINE, ...change })).toEqual([
    { task: task.id, file: task.lease?.path, message: expect.stringMatching(message) },
  ]);
});

test("the agent of a worktree that is gone is stopped before another start makes it anew", async () => {
  const { task, find } = await arrange();
  const state = { status: "idle", source: "screen", reason: "no visible change for 10 s", since: AT } as const;
  expect(await find({ ...FINE, isThere: false }, { ...task, state })).toMatchObject([
    { message: expect.stringContaining("`orchastration stop 1-login`, then `orchastration start 1-login`") },
  ]);
});

test("nothing is said of a worktree that stands as it was made, or of which that is not known", async () => {
  const { find } = await arrange();
  expect(await find(FINE)).toEqual([]);
  expect(await find({ ...FINE, gitDir: null, checkedOut: undefined })).toEqual([]);
});

test("nothing is missed of a worktree that is only planned, nor of one whose work is merged", async () => {
  const planned = await arrange("planned");
  expect(await planned.find({ ...FINE, isThere: false })).toEqual([]);
  const { tasks, task, find } = await arrange();
  const merge: MergeIntent = { into: "main", base: COMMIT, head: COMMIT, result: COMMIT, strategy: "squash" };
  await tasks.pull(task, { type: "complete", reason: null }, ADA);
  const { state } = await tasks.pull(task, { type: "merge", merge, mergedAt: AT }, ADA);
  expect(await find({ ...FINE, isThere: false }, { ...task, state })).toEqual([]);
});
