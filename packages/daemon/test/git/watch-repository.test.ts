import { mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type RepositoryChange, type RepositoryWatch, watchRepository } from "../../src/git/watch-repository.ts";
import { verifyWorktree } from "../../src/git/worktree-list.ts";
import { createTask, createTestRepository } from "./git-repository.ts";

const open: RepositoryWatch[] = [];
afterEach(() => {
  for (const watch of open.splice(0)) watch.close();
});

/** Reports at once: how long a report waits for more is the scheduler's. */
async function watchScene() {
  const repository = createTestRepository();
  const task = await createTask(repository.root);
  const state = await verifyWorktree(task.plan.commonDir, task.path);
  if (state.kind !== "ok") throw new Error(state.kind);
  const commonDir = join(realpathSync(repository.root), ".git");
  const tasksDirectory = join(repository.root, ".orchastration/tasks");
  const seen: string[] = [];
  const label = (change: RepositoryChange) => (change.kind === "worktree" ? `worktree ${change.gitDir}` : change.kind);
  const watch = watchRepository(
    {
      commonDir,
      tasksDirectory,
      worktreesDirectory: dirname(task.path),
      gitDirs: [commonDir, state.gitDir],
    },
    (changes) => seen.push(...changes.map(label)),
    {
      schedule(action) {
        const timer = setImmediate(action);
        return () => clearImmediate(timer);
      },
      onError(error) {
        throw error;
      },
    },
  );
  open.push(watch);
  return { repository, task, watch, seen, commonDir, gitDir: state.gitDir, tasksDirectory };
}

test("a commit in a worktree is noticed as one of that worktree and of the refs", async () => {
  const { repository, task, seen, gitDir } = await watchScene();
  repository.commit({ work: "1\n" }, task.path);
  await expect.poll(() => seen).toEqual(expect.arrayContaining(["refs", `worktree ${gitDir}`]));
});

test("a commit of the user, a switch and packed refs are noticed", async () => {
  const { repository, seen, commonDir } = await watchScene();
  repository.commit({ more: "1\n" });
  await expect.poll(() => seen).toEqual(expect.arrayContaining(["refs", `worktree ${commonDir}`]));
  seen.length = 0;
  repository.git("switch", "-q", "-c", "other");
  await expect.poll(() => seen).toContain(`worktree ${commonDir}`);
  seen.length = 0;
  repository.git("pack-refs", "--all");
  await expect.poll(() => seen).toContain("refs");
});

test("task files are noticed, also when their directories are made, removed and made again", async () => {
  const { seen, tasksDirectory } = await watchScene();
  mkdirSync(tasksDirectory, { recursive: true });
  await expect.poll(() => seen).toContain("tasks");
  const file = join(tasksDirectory, "1-work.md");
  for (const content of ["one\n", "two\n"]) {
    seen.length = 0;
    await expect
      .poll(() => {
        writeFileSync(file, content);
        return seen;
      })
      .toContain("tasks");
    seen.length = 0;
    rmSync(tasksDirectory, { recursive: true });
    await expect.poll(() => seen).toContain("tasks");
    mkdirSync(tasksDirectory);
  }
});

test("files in the worktrees are nobody's business", async () => {
  const { repository, task, seen } = await watchScene();
  for (let index = 0; index < 50; index++) repository.write(`folder/${index}`, "1\n", task.path);
  // What is watched is told in order: the ref comes after anything the files could have caused.
  repository.git("update-ref", "refs/heads/later", "HEAD");
  await expect.poll(() => seen).toContain("refs");
  expect([...new Set(seen)]).toEqual(["refs"]);
});

test("a worktree that is no longer wanted is not watched", async () => {
  const { repository, task, seen, watch, commonDir, gitDir } = await watchScene();
  watch.setGitDirs([commonDir]);
  repository.commit({ work: "1\n" }, task.path);
  await expect.poll(() => seen).toContain("refs");
  expect(seen).not.toContain(`worktree ${gitDir}`);
});

test("a worktree whose directory is removed by hand is noticed", async () => {
  const { task, seen } = await watchScene();
  rmSync(task.path, { recursive: true });
  await expect.poll(() => seen).toContain("worktrees");
});

test("the repository's own configuration is noticed", async () => {
  const { seen, tasksDirectory } = await watchScene();
  mkdirSync(tasksDirectory, { recursive: true });
  await expect.poll(() => seen).toContain("tasks");
  await expect
    .poll(() => {
      writeFileSync(join(dirname(tasksDirectory), "config.toml"), "");
      return seen;
    })
    .toContain("config");
});
