import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { everyByte, lostBytes } from "../../../../test/support/every-byte.ts";
import { canForbid, forbid } from "../../../../test/support/hostile-disk.ts";
import type { MergeStrategy } from "../../src/git/merge.ts";
import { resolveInWorktree } from "../../src/git/resolve-in-worktree.ts";
import { verifyWorktree } from "../../src/git/worktree-list.ts";
import { createTask, createTestRepository } from "./git-repository.ts";
import { createScene, expectRefusal, type Scene } from "./merge-scene.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a merge is refused, and changes nothing,", () => {
  test("when the task has no commits", async () => {
    const scene = await createScene(undefined, {});
    await expectRefusal(scene, { kind: "nothing-to-merge", why: "no-commits" });
  });

  test("when its commits undo each other", async () => {
    const scene = await createScene();
    scene.repository.gitIn(scene.task.path, "revert", "--no-edit", "HEAD");
    await expectRefusal(scene, { kind: "nothing-to-merge", why: "no-changes" });
  });

  test("when the worktree has changed files", async () => {
    const scene = await createScene();
    scene.repository.write("shared", "changed\n", scene.task.path);
    await expectRefusal(scene, { kind: "worktree-dirty", changed: ["shared"], untracked: [] });
  });

  test("when the worktree has untracked files", async () => {
    const scene = await createScene();
    scene.repository.write("new\nline", "1\n", scene.task.path);
    await expectRefusal(scene, { kind: "worktree-dirty", changed: [], untracked: ["new\nline"] });
  });

  test("when its commits were merged by hand", async () => {
    const scene = await createScene();
    scene.repository.git("merge", "-q", "--no-ff", "--no-edit", scene.task.branch);
    await expectRefusal(scene, { kind: "already-merged", how: "ancestor" });
  });

  test("when they were squashed by hand", async () => {
    const scene = await createScene();
    scene.repository.git("merge", "-q", "--squash", scene.task.branch);
    scene.repository.git("commit", "-q", "-m", "By hand");
    await expectRefusal(scene, { kind: "already-merged", how: "same-content" });
  });

  test("when they were squashed by hand and changed since", async () => {
    const scene = await createScene(undefined, { shared: "one\n2\nthree\n" });
    scene.repository.git("merge", "-q", "--squash", scene.task.branch);
    scene.repository.git("commit", "-q", "-m", "By hand");
    scene.repository.commit({ shared: "one\nzwei\nthree\n" });
    await expectRefusal(scene, { kind: "already-merged", how: "squashed" });
  });

  test("when it was done already", async () => {
    const scene = await createScene();
    await scene.task.merge();
    await expectRefusal(scene, { kind: "already-merged", how: "same-content" });
  });

  test("when the base was deleted", async () => {
    const scene = await createScene();
    scene.repository.git("switch", "-q", "-c", "other");
    scene.repository.git("branch", "-D", "main");
    await expectRefusal(scene, { kind: "base-missing", base: "main" });
  });

  test("when the base is only a tag or a remote branch", async () => {
    const scene = await createScene();
    scene.repository.git("tag", "release");
    scene.repository.git("update-ref", "refs/remotes/origin/release", "main");
    await expectRefusal(scene, { kind: "base-missing" }, { base: "release" });
  });

  test("when the task's branch was deleted by hand", async () => {
    const scene = await createScene();
    scene.repository.git("update-ref", "-d", `refs/heads/${scene.task.branch}`);
    await expectRefusal(scene, { kind: "branch-missing" });
  });

  test("when the worktree has a detached HEAD", async () => {
    const scene = await createScene();
    scene.repository.gitIn(scene.task.path, "switch", "-q", "--detach");
    await expectRefusal(scene, { kind: "worktree-elsewhere", branch: null });
  });

  test("when the worktree stands on another branch", async () => {
    const scene = await createScene();
    scene.repository.gitIn(scene.task.path, "switch", "-q", "-c", "elsewhere");
    await expectRefusal(scene, { kind: "worktree-elsewhere", branch: "elsewhere" });
  });

  test("when the worktree's .git file was replaced", async () => {
    const scene = await createScene();
    writeFileSync(join(scene.task.path, ".git"), `gitdir: ${scene.repository.root}/.git\n`);
    await expectRefusal(scene, { kind: "worktree-quarantined" });
  });

  test("when a rebase is unfinished in the worktree", async () => {
    const scene = await createScene(undefined, { shared: "task\n" });
    scene.repository.commit({ shared: "base\n" });
    expect(() => scene.repository.gitIn(scene.task.path, "rebase", "main")).toThrow("rebase main");
    await expectRefusal(scene, { kind: "operation-unfinished", operation: "rebase" });
  });

  test("when the worktree's index is locked", async () => {
    const scene = await createScene();
    const state = await verifyWorktree(scene.task.plan.commonDir, scene.task.path);
    if (state.kind !== "ok") throw new Error(state.kind);
    writeFileSync(join(state.gitDir, "index.lock"), "");
    await expectRefusal(scene, { kind: "index-locked" });
  });

  test("when the histories have nothing in common", async () => {
    const scene = await createScene();
    scene.repository.git("checkout", "-q", "--orphan", "alone");
    scene.repository.commit({ alone: "1\n" });
    await expectRefusal(scene, { kind: "unrelated-histories", isShallow: false }, { base: "alone" });
  });

  test.each([
    ["changed by hand", (scene: Scene) => scene.repository.write("shared", "by hand\n"), "shared"],
    [
      "staged by hand",
      (scene: Scene) => {
        scene.repository.write("shared", "by hand\n");
        scene.repository.git("add", "shared");
      },
      "shared",
    ],
    ["deleted by hand", (scene: Scene) => rmSync(join(scene.repository.root, "shared")), "shared"],
    ["untracked", (scene: Scene) => scene.repository.write("work.txt", "mine\n"), "work.txt"],
    ["ignored", (scene: Scene) => scene.repository.write("made.log", "mine\n"), "made.log"],
    ["a file where a directory is to be", (scene: Scene) => scene.repository.write("folder", "mine\n"), "folder"],
    [
      "a directory with a file where a file is to be",
      (scene: Scene) => scene.repository.write("plain/mine", "mine\n"),
      "plain/mine",
    ],
  ])("when a file in the base's checkout is in the way: %s", async (_name, act, file) => {
    const scene = await createScene(
      { shared: "one\n", ".gitignore": "*.log\n" },
      { shared: "two\n", "work.txt": "1\n", "folder/inner": "1\n", plain: "1\n" },
    );
    scene.repository.write("made.log", "of the task\n", scene.task.path);
    scene.repository.gitIn(scene.task.path, "add", "-f", "made.log");
    scene.repository.gitIn(scene.task.path, "commit", "-q", "-m", "Add an ignored file");
    act(scene);
    await expectRefusal(scene, { kind: "checkout-in-the-way", checkout: scene.repository.root, files: [file] });
  });

  test("when the index of the base's checkout is locked", async () => {
    const scene = await createScene();
    scene.repository.write(".git/index.lock", "");
    await expectRefusal(scene, { kind: "checkout-locked", lock: join(scene.repository.root, ".git/index.lock") });
  });

  test("when the base's checkout has a merge under way", async () => {
    const scene = await createScene();
    scene.repository.git("switch", "-q", "-c", "other");
    scene.repository.commit({ x: "1\n" });
    scene.repository.git("switch", "-q", "main");
    scene.repository.git("merge", "-q", "--no-ff", "--no-commit", "other");
    await expectRefusal(scene, { kind: "checkout-unfinished", operation: "merge" });
  });

  test("when the base is being rebased somewhere", async () => {
    const scene = await createScene();
    scene.repository.git("switch", "-q", "-c", "other");
    scene.repository.commit({ shared: "other\n" });
    scene.repository.git("switch", "-q", "main");
    scene.repository.commit({ shared: "main\n" });
    expect(() => scene.repository.git("rebase", "other")).toThrow("rebase other");
    await expectRefusal(scene, { kind: "checkout-unfinished", operation: "rebase" });
  });

  test("when the base is checked out twice", async () => {
    const scene = await createScene();
    const other = join(dirname(scene.repository.root), "other");
    scene.repository.git("worktree", "add", "-q", "--force", other, "main");
    await expectRefusal(scene, { kind: "base-checked-out-twice", checkouts: [scene.repository.root, other] });
  });

  test("when the base's checkout is on a disk that is not there", async () => {
    const scene = await createScene();
    const other = join(dirname(scene.repository.root), "other");
    scene.repository.git("worktree", "add", "-q", "-b", "release", other);
    scene.repository.git("worktree", "lock", "--reason", "on a stick", other);
    rmSync(other, { recursive: true });
    await expectRefusal(scene, { kind: "checkout-unavailable", checkout: other }, { base: "release" });
  });

  test("when the ref of the base is locked", async () => {
    const scene = await createScene();
    scene.repository.git("branch", "release");
    scene.repository.write(".git/refs/heads/release.lock", "");
    await expectRefusal(scene, { kind: "ref-locked" }, { base: "release" });
  });

  test("when names would be one file where case is ignored", async () => {
    const scene = await createScene({ readme: "1\n" }, { README: "2\n" });
    scene.repository.git("config", "core.ignoreCase", "true");
    await expectRefusal(scene, { kind: "case-twins", files: ["README", "readme"] });
  });

  test.skipIf(!canForbid)("when the base's checkout cannot be written", async () => {
    const scene = await createScene({ "folder/a": "1\n" }, { "folder/a": "2\n" });
    const allow = forbid(join(scene.repository.root, "folder"));
    try {
      await expectRefusal(scene, { kind: "checkout-refused" });
    } finally {
      allow();
    }
  });

  test("when nobody has told git a name", async () => {
    const scene = await createScene();
    scene.repository.git("config", "--unset", "user.name");
    scene.repository.git("config", "--unset", "user.email");
    scene.repository.git("config", "user.useConfigOnly", "true");
    vi.stubEnv("HOME", dirname(scene.repository.root));
    await expectRefusal(scene, { kind: "identity-missing" });
  });

  test("when a wanted signature fails", async () => {
    const scene = await createScene();
    scene.repository.git("config", "gpg.format", "ssh");
    scene.repository.git("config", "user.signingKey", "/nowhere/key");
    scene.repository.git("config", "commit.gpgSign", "true");
    await expectRefusal(scene, { kind: "signing-failed" });
  });

  test("when dirty files to be included hold a repository", async () => {
    const scene = await createScene();
    scene.repository.git("clone", "-q", scene.repository.root, join(scene.task.path, "nested"));
    await expectRefusal(scene, { kind: "nested-repositories", paths: ["nested/"] }, { hasDirtyIncluded: true });
  });
});

const binary = (byte: number) => Buffer.from([0, 1, 2, byte, 0, 255]);

describe("a conflict is refused and named:", () => {
  test.each<[string, MergeStrategy, Record<string, string | Buffer>, (scene: Scene) => void, object[]]>([
    [
      "content",
      "squash",
      { shared: "task\n" },
      ({ repository }) => repository.commit({ shared: "base\n" }),
      [{ path: "shared", kind: "content" }],
    ],
    [
      "content, by rebase",
      "rebase",
      { shared: "task\n" },
      ({ repository }) => repository.commit({ shared: "base\n" }),
      [{ path: "shared", kind: "content" }],
    ],
    [
      "binary",
      "squash",
      { image: binary(1) },
      ({ repository }) => repository.commit({ image: binary(2) }),
      [{ path: "image", kind: "binary" }],
    ],
    [
      "deleted in the base",
      "squash",
      { shared: "task\n" },
      ({ repository }) => {
        repository.git("rm", "-q", "shared");
        repository.git("commit", "-q", "-m", "Remove");
      },
      [{ path: "shared", kind: "delete" }],
    ],
    [
      "made by both",
      "merge",
      { both: "task\n" },
      ({ repository }) => repository.commit({ both: "base\n" }),
      [{ path: "both", kind: "content" }],
    ],
  ])("%s", async (_name, strategy, work, act, files) => {
    const scene = await createScene({ shared: "one\n", image: binary(0) }, work);
    act(scene);
    await expectRefusal(scene, { kind: "conflict", files }, { strategy });
  });

  test("renamed differently", async () => {
    const scene = await createScene({ old: "1\n2\n3\n4\n" }, {});
    scene.repository.gitIn(scene.task.path, "mv", "old", "theirs");
    scene.repository.gitIn(scene.task.path, "commit", "-q", "-m", "Rename");
    scene.repository.git("mv", "old", "ours");
    scene.repository.git("commit", "-q", "-m", "Rename");
    const files = ["old", "ours", "theirs"].map((path) => ({ path, kind: "rename" }));
    await expectRefusal(scene, { kind: "conflict", files: expect.arrayContaining(files) });
  });

  test("submodule", async () => {
    const repository = createTestRepository();
    const inner = createTestRepository();
    repository.git("submodule", "add", "-q", inner.root, "inner");
    repository.git("commit", "-q", "-m", "Add a submodule");
    const task = await createTask(repository.root);
    const point = (directory: string, content: string) => {
      inner.git("switch", "-q", "--detach", "main");
      const commit = inner.commit({ file: content });
      repository.gitIn(directory, "update-index", "--cacheinfo", `160000,${commit},inner`);
      repository.gitIn(directory, "commit", "-q", "-m", "Move the submodule");
    };
    point(task.path, "task\n");
    point(repository.root, "base\n");
    repository.git("reset", "-q");
    await expectRefusal({ repository, task }, { kind: "conflict", files: [{ path: "inner", kind: "submodule" }] });
  });

  test("and --resolve leaves it in the task's worktree, where it can be solved and merged", async () => {
    const scene = await createScene({ shared: "one\n" }, { shared: "task\n" });
    const { repository, task } = scene;
    const base = repository.commit({ shared: "base\n" });
    expect(await resolveInWorktree(task.mergePlan())).toEqual({ kind: "conflict-left", files: ["shared"] });
    expect(readFileSync(join(task.path, "shared"), "utf8")).toContain("<<<<<<<");
    expect(repository.commitOf("main")).toBe(base);
    await expectRefusal(scene, { kind: "operation-unfinished", operation: "merge" });
    repository.write("shared", "both\n", task.path);
    repository.gitIn(task.path, "commit", "-q", "-a", "--no-edit");
    expect(await task.merge()).toMatchObject({ kind: "merged" });
    expect(repository.git("show", "main:shared")).toBe("both");
  });

  test("--resolve without a conflict merges the base", async () => {
    const { repository, task } = await createScene();
    expect(await resolveInWorktree(task.mergePlan())).toEqual({ kind: "up-to-date" });
    repository.commit({ shared: "base\n" });
    expect(await resolveInWorktree(task.mergePlan())).toMatchObject({ kind: "merged" });
  });

  test("--resolve never overwrites an ignored file", async () => {
    const { repository, task } = await createScene({ ".gitignore": "*.log\n" });
    repository.write("made.log", "of the base\n");
    repository.git("add", "-f", "made.log");
    repository.git("commit", "-q", "-m", "Add an ignored file");
    repository.write("made.log", "mine\n", task.path);
    const before = everyByte(repository.root, task.path);
    expect(await resolveInWorktree(task.mergePlan())).toMatchObject({
      refusal: { kind: "worktree-in-the-way", files: ["made.log"] },
    });
    expect(lostBytes(before, repository.root, task.path)).toEqual([]);
  });

  test("--resolve is refused in a dirty worktree", async () => {
    const { repository, task } = await createScene();
    repository.write("new", "1\n", task.path);
    expect(await resolveInWorktree(task.mergePlan())).toMatchObject({ refusal: { kind: "worktree-dirty" } });
  });
});
