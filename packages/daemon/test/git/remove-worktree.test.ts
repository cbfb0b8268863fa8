import { chmodSync, existsSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { everyByte, lostBytes } from "../../../../test/support/every-byte.ts";
import { canForbid, forbid } from "../../../../test/support/hostile-disk.ts";
import { REMOVAL_STEPS, type RemovalStep } from "../../src/domain/fault-point.ts";
import { listBackupRefs } from "../../src/git/backup-ref.ts";
import { judgeRemoval, type RemovalPlan, removeBranch, removeWorktree } from "../../src/git/remove-worktree.ts";
import { gitAtCommonDir } from "../../src/git/run-git.ts";
import { sweepRemovals } from "../../src/git/sweep-removals.ts";
import { addWorktree } from "../../src/git/worktree.ts";
import { verifyWorktree } from "../../src/git/worktree-list.ts";
import { createTask, createTestRepository, type TestRepository, type TestTask } from "./git-repository.ts";

interface Scene {
  readonly repository: TestRepository;
  readonly task: TestTask;
  readonly plan: RemovalPlan;
}

async function createScene(files?: Readonly<Record<string, string>>): Promise<Scene> {
  const repository = createTestRepository(files);
  const task = await createTask(repository.root);
  repository.commit({ "work.txt": "the work\n" }, task.path);
  return { repository, task, plan: { ...task.plan, hasLiveSession: () => false } };
}

async function expectStay({ repository, task, plan }: Scene, refusal: object): Promise<void> {
  const before = everyByte(repository.root, task.path);
  expect(await removeWorktree(plan)).toMatchObject({ kind: "stays", refusal });
  expect(lostBytes(before, repository.root, task.path)).toEqual([]);
}

const commitsOf = (bytes: ReadonlySet<string>) => new Set([...bytes].filter((entry) => entry.startsWith("commit ")));

describe("removing a worktree", () => {
  test("is judged before, with what would go, and nothing changes by that", async () => {
    const { repository, task, plan } = await createScene({ ".gitignore": "build/\n*.log\n" });
    repository.write("build/out", "made\n", task.path);
    repository.write("x.log", "made\n", task.path);
    const before = everyByte(repository.root, task.path);
    expect(await judgeRemoval(plan)).toMatchObject({ kind: "removable", ignored: ["build/", "x.log"] });
    expect(lostBytes(before, repository.root, task.path)).toEqual([]);
  });

  test("a second time, after more work, keeps both heads", async () => {
    const { repository, task, plan } = await createScene();
    await removeWorktree(plan);
    await addWorktree({ ...task.plan, isBranchOurs: true });
    repository.commit({ more: "1\n" }, task.path);
    await removeWorktree(plan);
    const head = repository.commitOf(task.branch);
    expect(await listBackupRefs(gitAtCommonDir(plan.commonDir), plan.task)).toEqual([
      { ref: "refs/orchastration/backup/1/1", commit: repository.commitOf(`${head}~1`) },
      { ref: "refs/orchastration/backup/1/2", commit: head },
    ]);
  });

  test("keeps its head under a backup ref, and leaves the branch", async () => {
    const { repository, task, plan } = await createScene();
    const head = repository.commitOf(task.branch);
    expect(await removeWorktree(plan)).toEqual({
      kind: "removed",
      backups: ["refs/orchastration/backup/1/1"],
      left: undefined,
    });
    expect(repository.commitOf("refs/orchastration/backup/1/1")).toBe(head);
    expect(repository.commitOf(task.branch)).toBe(head);
    expect(readdirSync(plan.worktreesRoot)).toEqual([]);
    expect(repository.git("worktree", "list").split("\n")).toHaveLength(1);
    expect(repository.git("fsck", "--strict")).not.toMatch(/error|missing/);
  });

  test("takes ignored files with it", async () => {
    const { repository, task, plan } = await createScene({ ".gitignore": "build/\n" });
    repository.write("build/out", "made\n", task.path);
    expect(await removeWorktree(plan)).toMatchObject({ kind: "removed" });
    expect(existsSync(task.path)).toBe(false);
  });

  test("removes links, and nothing behind them", async () => {
    const { repository, task, plan } = await createScene({ ".gitignore": "linked\n" });
    const outside = join(dirname(repository.root), "outside");
    repository.write("precious", "mine\n", outside);
    symlinkSync(outside, join(task.path, "linked"));
    expect(await removeWorktree(plan)).toMatchObject({ kind: "removed" });
    expect(readdirSync(outside)).toEqual(["precious"]);
  });

  test("removes directories that cannot be written", async () => {
    const { repository, task, plan } = await createScene({ ".gitignore": "cache/\n" });
    repository.write("cache/module/file", "1\n", task.path);
    chmodSync(join(task.path, "cache/module"), 0o555);
    expect(await removeWorktree(plan)).toMatchObject({ kind: "removed", left: undefined });
  });

  test("leaves a stash", async () => {
    const { repository, task, plan } = await createScene();
    repository.write("README.md", "stashed\n", task.path);
    repository.gitIn(task.path, "stash", "-q");
    expect(await removeWorktree(plan)).toMatchObject({ kind: "removed" });
    expect(repository.git("show", "stash@{0}:README.md")).toBe("stashed");
  });

  test("keeps commits that were reset away, amended, or made on no branch", async () => {
    const { repository, task, plan } = await createScene();
    repository.commit({ reset: "1\n" }, task.path);
    repository.gitIn(task.path, "reset", "-q", "--hard", "HEAD~1");
    repository.gitIn(task.path, "commit", "-q", "--amend", "-m", "Other words");
    repository.gitIn(task.path, "switch", "-q", "--detach");
    repository.commit({ loose: "1\n" }, task.path);
    const commits = commitsOf(everyByte(repository.root));
    expect(await removeWorktree(plan)).toMatchObject({ kind: "removed" });
    expect(await removeBranch(plan.commonDir, plan.branch, plan.task)).toMatchObject({ kind: "removed" });
    const reachable = new Set(
      repository
        .git("rev-list", "--all")
        .split("\n")
        .map((commit) => `commit ${commit}`),
    );
    expect([...commits].filter((commit) => !reachable.has(commit))).toEqual([]);
  });

  test("removed by hand before forgets git's entry of it, and no other", async () => {
    const { repository, task, plan } = await createScene();
    const mine = join(dirname(repository.root), "mine");
    repository.git("worktree", "add", "-q", "-b", "mine", mine);
    rmSync(mine, { recursive: true });
    rmSync(task.path, { recursive: true });
    expect(await removeWorktree(plan)).toMatchObject({ kind: "removed", backups: ["refs/orchastration/backup/1/1"] });
    expect(repository.git("worktree", "list", "--porcelain")).toContain(mine);
    expect(repository.git("worktree", "list", "--porcelain")).not.toContain(task.path);
    expect(await removeWorktree(plan)).toMatchObject({ kind: "removed" });
  });

  test("whose branch was deleted by hand keeps its commits", async () => {
    const { repository, task, plan } = await createScene();
    const head = repository.commitOf(task.branch);
    repository.gitIn(task.path, "switch", "-q", "--detach");
    repository.git("branch", "-q", "-D", task.branch);
    expect(await removeWorktree(plan)).toMatchObject({ kind: "removed" });
    expect(repository.commitOf("refs/orchastration/backup/1/1")).toBe(head);
  });
});

describe("a worktree stays, with every byte in it,", () => {
  test("while a session lives in it", async () => {
    const scene = await createScene();
    await expectStay({ ...scene, plan: { ...scene.plan, hasLiveSession: () => true } }, { kind: "session-lives" });
  });

  test("when a session began at the last moment", async () => {
    const scene = await createScene();
    let asked = 0;
    await expectStay(
      { ...scene, plan: { ...scene.plan, hasLiveSession: () => asked++ > 0 } },
      { kind: "session-lives" },
    );
  });

  test.each([
    ["changed", "README.md"],
    ["untracked", "new\nline"],
  ])("with a file that is %s", async (_name, file) => {
    const scene = await createScene();
    scene.repository.write(file, "mine\n", scene.task.path);
    await expectStay(scene, { kind: "uncommitted" });
  });

  test("with something staged, although the file is as it was", async () => {
    const scene = await createScene();
    scene.repository.write("README.md", "staged\n", scene.task.path);
    scene.repository.gitIn(scene.task.path, "add", "README.md");
    scene.repository.write("README.md", "# Read me\n", scene.task.path);
    await expectStay(scene, { kind: "uncommitted", changed: ["README.md"] });
  });

  test.each(["--assume-unchanged", "--skip-worktree"])("with a change hidden by %s", async (flag) => {
    const scene = await createScene();
    scene.repository.gitIn(scene.task.path, "update-index", flag, "README.md");
    scene.repository.write("README.md", "hidden\n", scene.task.path);
    await expectStay(scene, { kind: "hidden-changes", files: ["README.md"] });
  });

  test("when untracked files are not shown by configuration", async () => {
    const scene = await createScene();
    scene.repository.git("config", "status.showUntrackedFiles", "no");
    scene.repository.write("new", "mine\n", scene.task.path);
    await expectStay(scene, { kind: "uncommitted", untracked: ["new"] });
  });

  test("when something is written while it is being removed", async () => {
    const scene = await createScene();
    const { repository, task, plan } = scene;
    const before = everyByte(repository.root, task.path);
    const removal = await removeWorktree(plan, (step) => {
      if (step === "worktree-kept") repository.write("late", "mine\n", task.path);
    });
    expect(removal).toMatchObject({ kind: "stays", refusal: { kind: "uncommitted", untracked: ["late"] } });
    expect(existsSync(join(task.path, "late"))).toBe(true);
    expect(lostBytes(before, repository.root, task.path)).toEqual([]);
  });

  test("with an unfinished merge", async () => {
    const scene = await createScene();
    scene.repository.commit({ x: "1\n" });
    scene.repository.gitIn(scene.task.path, "merge", "-q", "--no-commit", "--no-ff", "main");
    await expectStay(scene, { kind: "operation-unfinished", operation: "merge" });
  });

  test("with a locked index", async () => {
    const scene = await createScene();
    const state = await verifyWorktree(scene.plan.commonDir, scene.task.path);
    if (state.kind !== "ok") throw new Error(state.kind);
    writeFileSync(join(state.gitDir, "index.lock"), "");
    await expectStay(scene, { kind: "index-locked" });
  });

  test("that git is told to keep", async () => {
    const scene = await createScene();
    scene.repository.git("worktree", "lock", "--reason", "mine", scene.task.path);
    await expectStay(scene, { kind: "locked", why: "mine" });
  });

  test("with a submodule checked out in it", async () => {
    const scene = await createScene();
    const inner = createTestRepository();
    scene.repository.gitIn(scene.task.path, "submodule", "add", "-q", inner.root, "inner");
    scene.repository.gitIn(scene.task.path, "commit", "-q", "-m", "Add a submodule");
    await expectStay(scene, { kind: "submodules", paths: ["inner"] });
  });

  test("with a repository in an ignored directory", async () => {
    const scene = await createScene({ ".gitignore": "vendor/\n" });
    const nested = createTestRepository();
    scene.repository.write("vendor/x/placeholder", "", scene.task.path);
    renameSync(nested.root, join(scene.task.path, "vendor/x/nested"));
    await expectStay(scene, { kind: "nested-repositories", paths: [join(scene.task.path, "vendor/x/nested")] });
  });

  test("when its .git file was replaced", async () => {
    const scene = await createScene();
    writeFileSync(join(scene.task.path, ".git"), `gitdir: ${scene.repository.root}/.git\n`);
    await expectStay(scene, { kind: "quarantined" });
  });

  test("when it was moved and a link stands in its place", async () => {
    const scene = await createScene();
    renameSync(scene.task.path, `${scene.task.path}-mine`);
    symlinkSync(`${scene.task.path}-mine`, scene.task.path);
    await expectStay(scene, { kind: "quarantined" });
  });

  test("when git does not list it", async () => {
    const scene = await createScene();
    scene.repository.write("precious", "mine\n", join(scene.plan.worktreesRoot, "2-other"));
    const path = join(scene.plan.worktreesRoot, "2-other");
    await expectStay({ ...scene, plan: { ...scene.plan, path } }, { kind: "quarantined" });
    expect(existsSync(join(path, "precious"))).toBe(true);
  });

  test("when it does not lie in the worktrees root, as the main worktree does not", async () => {
    const scene = await createScene();
    await expectStay({ ...scene, plan: { ...scene.plan, path: scene.repository.root } }, { kind: "outside-root" });
  });

  test.skipIf(!canForbid)("when the root cannot be written", async () => {
    const scene = await createScene();
    const allow = forbid(scene.plan.worktreesRoot);
    try {
      await expectStay(scene, { kind: "not-movable" });
    } finally {
      allow();
    }
  });
});

describe("a removal interrupted", () => {
  test.each(REMOVAL_STEPS)("after %s is finished by the next one, and no commit is lost", async (at: RemovalStep) => {
    const { repository, task, plan } = await createScene();
    const before = commitsOf(everyByte(repository.root));
    const removing = removeWorktree(plan, (step) => {
      if (step === at) throw new Error("interrupted");
    });
    await expect(removing).rejects.toThrow("interrupted");
    expect(await removeWorktree(plan)).toMatchObject({ kind: "removed" });
    expect(readdirSync(plan.worktreesRoot)).toEqual([]);
    expect(repository.git("worktree", "list").split("\n")).toHaveLength(1);
    expect([...before].filter((commit) => !everyByte(repository.root).has(commit))).toEqual([]);
    expect(basename(task.path)).toBe("1-work");
  });

  test("before the second look puts back what was written meanwhile", async () => {
    const { repository, task, plan } = await createScene();
    const removing = removeWorktree(plan, (step) => {
      if (step !== "worktree-moved") return;
      const [moved = ""] = readdirSync(plan.worktreesRoot);
      repository.write("late", "mine\n", join(plan.worktreesRoot, moved));
      throw new Error("interrupted");
    });
    await expect(removing).rejects.toThrow("interrupted");
    expect(await sweepRemovals(plan.worktreesRoot)).toEqual({ removed: [], putBack: [task.path], left: [] });
    expect(await removeWorktree(plan)).toMatchObject({
      kind: "stays",
      refusal: { kind: "uncommitted", untracked: ["late"] },
    });
  });

  test("is taken back by the next start, with every byte", async () => {
    const { repository, task, plan } = await createScene({ ".gitignore": "*.log\n" });
    repository.write("kept.log", "made\n", task.path);
    const before = everyByte(repository.root, task.path);
    const removing = removeWorktree(plan, (step) => {
      if (step === "worktree-moved") throw new Error("interrupted");
    });
    await expect(removing).rejects.toThrow("interrupted");
    expect(await addWorktree({ ...task.plan, isBranchOurs: true })).toMatchObject({ kind: "already-there" });
    expect(lostBytes(before, repository.root, task.path)).toEqual([]);
  });

  test("sweeping leaves what is not ours", async () => {
    const { repository, plan } = await createScene();
    repository.write("mine", "1\n", join(plan.worktreesRoot, ".removed-by-me"));
    const before = everyByte(plan.worktreesRoot.replace(/worktrees$/, "repository"), plan.worktreesRoot);
    await sweepRemovals(plan.worktreesRoot);
    expect(lostBytes(before, repository.root, plan.worktreesRoot)).toEqual([]);
  });
});

describe("removing a branch", () => {
  test("keeps its head", async () => {
    const { repository, task, plan } = await createScene();
    const head = repository.commitOf(task.branch);
    await removeWorktree(plan);
    expect(await removeBranch(plan.commonDir, plan.branch, plan.task)).toEqual({
      kind: "removed",
      backups: ["refs/orchastration/backup/1/1"],
    });
    expect(repository.git("branch", "--list", task.branch)).toBe("");
    repository.git("branch", "back", "refs/orchastration/backup/1/1");
    expect(repository.commitOf("back")).toBe(head);
    expect(await removeBranch(plan.commonDir, plan.branch, plan.task)).toEqual({ kind: "absent" });
  });

  test("is refused while it is checked out", async () => {
    const { task, plan } = await createScene();
    expect(await removeBranch(plan.commonDir, plan.branch, plan.task)).toEqual({
      kind: "checked-out",
      path: task.path,
    });
  });
});
