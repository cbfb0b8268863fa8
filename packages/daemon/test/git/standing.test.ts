import { realpathSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { findCommonDir, observeStanding, type WorktreeStanding } from "../../src/git/standing.ts";
import { createTask, createTestRepository, type TestRepository } from "./git-repository.ts";

let repository: TestRepository;
let task: Awaited<ReturnType<typeof createTask>>;

beforeEach(async () => {
  repository = createTestRepository();
  task = await createTask(repository.root);
});

async function standing(): Promise<WorktreeStanding | undefined> {
  const { commonDir, branch } = task.plan;
  return (await observeStanding(commonDir, [{ path: task.path, branch }]))[0];
}

describe("a worktree", () => {
  test("that nobody touched is there, with its branch checked out", async () => {
    const { commonDir, branch } = task.plan;
    const untouched = { isThere: true, hasBranch: true, checkedOut: branch };
    expect(await standing()).toMatchObject(untouched);
    expect((await standing())?.gitDir).toContain(join(commonDir, "worktrees"));
    repository.git("pack-refs", "--all");
    expect(await standing()).toMatchObject(untouched);
  });

  test("whose branch was renamed, or left for another one or a commit, says what is checked out", async () => {
    const { branch } = task.plan;
    repository.git("branch", "-m", branch, "mine");
    expect(await standing()).toMatchObject({ hasBranch: false, checkedOut: "mine" });
    repository.git("branch", branch, "mine");
    expect(await standing()).toMatchObject({ hasBranch: true, checkedOut: "mine" });
    repository.gitIn(task.path, "switch", "-q", "--detach");
    expect(await standing()).toMatchObject({ hasBranch: true, checkedOut: null });
  });

  test("whose branch was deleted has none", async () => {
    repository.git("update-ref", "-d", `refs/heads/${task.plan.branch}`);
    expect(await standing()).toMatchObject({ isThere: true, hasBranch: false });
  });

  test("whose directory was removed is gone, and git still knows it until it prunes", async () => {
    rmSync(task.path, { recursive: true });
    const { branch } = task.plan;
    expect(await standing()).toMatchObject({ isThere: false, hasBranch: true, checkedOut: branch });
    repository.git("worktree", "prune");
    expect(await standing()).toMatchObject({ isThere: false, gitDir: null, checkedOut: undefined });
  });

  test("in which git rebases is left alone", async () => {
    repository.commit({ both: "here\n" });
    repository.commit({ both: "there\n" }, task.path);
    expect(() => repository.gitIn(task.path, "rebase", "main")).toThrow("could not apply");
    expect(await standing()).toMatchObject({ checkedOut: undefined });
    repository.gitIn(task.path, "rebase", "--abort");
    expect(await standing()).toMatchObject({ checkedOut: task.plan.branch });
  });
});

describe("git's directory is found", () => {
  test("of a repository, of one whose directory lies elsewhere, and of a bare one; elsewhere there is none", async () => {
    const { root } = repository;
    const commonDir = realpathSync(join(root, ".git"));
    expect(await findCommonDir(root)).toBe(commonDir);
    expect(await findCommonDir(commonDir)).toBe(commonDir);
    expect(await findCommonDir(join(root, ".."))).toBeUndefined();
    const elsewhere = `${root}-elsewhere`;
    repository.git("init", "-q", "--separate-git-dir", elsewhere);
    expect(await findCommonDir(root)).toBe(realpathSync(elsewhere));
    renameSync(elsewhere, `${elsewhere}-again`);
    expect(await findCommonDir(root)).toBeUndefined();
  });

  test("of a linked worktree that stands for itself", async () => {
    expect(await findCommonDir(task.path)).toBe(task.plan.commonDir);
  });
});
