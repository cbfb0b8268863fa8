import type { Lease } from "@orchastration/protocol/contract";
import { expect, test } from "vitest";
import { until } from "../../../../../test/support/until.ts";
import { changeTask } from "../../../src/domain/task-machine.ts";
import type { RepositoryChange } from "../../../src/git/watch-repository.ts";
import type { Log } from "../../../src/logging/log.ts";
import type { Survey } from "../../../src/services/tasks/known-tasks.ts";
import { createWatchTasks, type WatchedChange } from "../../../src/services/tasks/watch-tasks.ts";
import { ADA } from "../../registry/sample-runs.ts";
import { openTasks } from "./sample-tasks.ts";

const COMMON = "/project/.git";

/** The directory watches are the test's: what they report, what is wanted of them, and whether they are open. */
function arrange({ isInRepository = true, mayAnswer = (_asked: number) => Promise.resolve() } = {}) {
  const tasks = openTasks();
  const root = isInRepository ? tasks.repository : null;
  const open = new Set<{ gitDirs: readonly string[]; report: (changes: readonly RepositoryChange[]) => void }>();
  let asked = 0;
  const watching = createWatchTasks({
    registry: tasks.registry,
    knownTasks: {
      survey: async () => ({ root, loaded: { config: { worktrees: { root: null } } } }) as unknown as Survey,
    },
    findCommonDir: () => Promise.resolve(COMMON),
    async observeStanding(_, worktrees) {
      await mayAnswer(++asked);
      return worktrees.map(({ path, branch }) => ({
        isThere: true,
        gitDir: path,
        hasBranch: true,
        checkedOut: branch,
      }));
    },
    watchRepository({ gitDirs }, report) {
      const watch = { gitDirs, report };
      open.add(watch);
      return {
        setGitDirs(wanted) {
          watch.gitDirs = wanted;
        },
        close: () => void open.delete(watch),
      };
    },
    log: {} as Log,
  });
  const leaving = new AbortController();
  const seen: (readonly WatchedChange[])[] = [];
  const watch = (waitMs?: number): Promise<void> =>
    watching.watch(
      { context: { cwd: tasks.repository, configFile: null }, ...(waitMs === undefined ? {} : { waitMs }) },
      { signal: leaving.signal, onChange: (changes) => seen.push(changes) },
    );
  return { tasks, open, watching, leaving, seen, watch };
}

async function makeWorktree(tasks: ReturnType<typeof openTasks>, number: number, slug: string): Promise<string> {
  const { id } = await tasks.create(number, slug);
  const path = `/w/${number}-${slug}`;
  const lease: Lease = { path, branch: slug, baseBranch: "main", baseCommit: "a", stage: "planned" };
  await tasks.registry.commit((tx) => {
    tx.tasks.apply(id, changeTask(tx.tasks.get(id), { type: "lease", lease }), ADA);
    tx.tasks.apply(id, changeTask(tx.tasks.get(id), { type: "made" }), ADA);
  });
  return id;
}

test("whoever watches is told that nothing is missed from now on, then of every change by its kind, until they leave", async () => {
  const { open, leaving, seen, watch } = arrange();
  const ended = watch();
  await until(() => seen.length === 1);
  expect(seen).toEqual([[]]);
  for (const { report } of open)
    report([{ kind: "tasks" }, { kind: "worktree", gitDir: "/a" }, { kind: "worktree", gitDir: "/b" }]);
  expect(seen).toEqual([[], ["tasks", "worktree"]]);
  leaving.abort(new Error("gone"));
  await expect(ended).rejects.toThrow("gone");
  expect(open.size).toBe(0);
});

test("worktrees are watched from when they are made", async () => {
  const { tasks, open, leaving, seen, watch } = arrange();
  const ended = watch();
  await until(() => seen.length === 1);
  const gitDirs = () => [...open][0]?.gitDirs;
  expect(gitDirs()).toEqual([COMMON]);
  const id = await makeWorktree(tasks, 1, "login");
  await until(() => gitDirs()?.length === 2);
  expect(gitDirs()).toEqual([COMMON, "/w/1-login"]);
  await tasks.registry.commit((tx) =>
    tx.tasks.apply(id, changeTask(tx.tasks.get(id), { type: "release", backupRef: null }), ADA),
  );
  await until(() => gitDirs()?.length === 1);
  leaving.abort(new Error("gone"));
  await expect(ended).rejects.toThrow("gone");
});

test("a worktree that is made while others are being listed is watched, whatever takes longer to list", async () => {
  const answers = new Map([1, 2, 3].map((asked) => [asked, Promise.withResolvers<void>()]));
  const { tasks, open, leaving, seen, watch } = arrange({
    mayAnswer: (asked) => answers.get(asked)?.promise ?? Promise.resolve(),
  });
  const ended = watch();
  await until(() => open.size === 1);
  await makeWorktree(tasks, 1, "login");
  await makeWorktree(tasks, 2, "docs");
  for (const asked of [3, 2, 1]) answers.get(asked)?.resolve();
  await until(() => seen.length === 1 && [...open][0]?.gitDirs.length === 3);
  expect([...open][0]?.gitDirs).toEqual([COMMON, "/w/1-login", "/w/2-docs"]);
  leaving.abort(new Error("gone"));
  await expect(ended).rejects.toThrow("gone");
});

test("a daemon that ends says so to all who watch, and to who asks then, and leaves no watch behind", async () => {
  const { open, watching, seen, watch } = arrange();
  const both = [watch(), watch()];
  await until(() => seen.length === 2);
  watching.close();
  for (const ended of both) await expect(ended).rejects.toMatchObject({ kind: "DaemonStopping" });
  await expect(watch()).rejects.toMatchObject({ kind: "DaemonStopping" });
  expect(open.size).toBe(0);
});

test("it ends with the time that was asked for, and outside of a repository watches nothing", async () => {
  const { open, seen, watch } = arrange({ isInRepository: false });
  await watch(0);
  expect(seen).toEqual([[]]);
  expect(open.size).toBe(0);
});
