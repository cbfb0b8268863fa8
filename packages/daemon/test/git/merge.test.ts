import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { everyByte, lostBytes } from "../../../../test/support/every-byte.ts";
import { canForbid, forbid } from "../../../../test/support/hostile-disk.ts";
import { MERGE_STEPS } from "../../src/domain/fault-point.ts";
import { type MergeIntent, type MergeStrategy, mergeTask, recognizeMerge } from "../../src/git/merge.ts";
import { resolveInWorktree } from "../../src/git/resolve-in-worktree.ts";
import { verifyWorktree } from "../../src/git/worktree-list.ts";
import { createTask, createTestRepository, type TestRepository, type TestTask } from "./git-repository.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

interface Scene {
  readonly repository: TestRepository;
  readonly task: TestTask;
}

/** A repository, a task with one commit of its own. */
async function createScene(
  files: Readonly<Record<string, string | Buffer>> = { "README.md": "# Read me\n", shared: "one\ntwo\nthree\n" },
  work: Readonly<Record<string, string | Buffer>> = { "work.txt": "the work\n" },
): Promise<Scene> {
  const repository = createTestRepository(files);
  const task = await createTask(repository.root);
  if (Object.keys(work).length > 0) repository.commit(work, task.path);
  return { repository, task };
}

/** Merges, and expects a refusal that changed no ref and lost no byte. */
async function expectRefusal(
  { repository, task }: Scene,
  refusal: object,
  changes: Parameters<TestTask["merge"]>[0] = {},
) {
  const checkouts = existsSync(task.path) ? [task.path] : [];
  const refs = () => repository.git("for-each-ref");
  const before = { bytes: everyByte(repository.root, ...checkouts), refs: refs() };
  expect(await task.merge(changes)).toMatchObject({ kind: "refused", refusal });
  expect(refs()).toBe(before.refs);
  expect(lostBytes(before.bytes, repository.root, ...checkouts)).toEqual([]);
}

const strategies: readonly MergeStrategy[] = ["squash", "rebase", "merge"];

describe("a merge", () => {
  test.each(strategies)("by %s fast-forwards the base in its checkout", async (strategy) => {
    const { repository, task } = await createScene();
    repository.commit({ "second.txt": "more\n" }, task.path);
    const merged = await task.merge({ strategy });
    expect(merged).toMatchObject({ kind: "merged", commits: 2, checkout: repository.root });
    expect(readFileSync(join(repository.root, "second.txt"), "utf8")).toBe("more\n");
    expect(repository.git("status", "--porcelain")).toBe("");
    expect(repository.git("fsck", "--strict")).not.toMatch(/error|missing/);
  });

  test.each(strategies)("by %s goes on top of a base that moved on", async (strategy) => {
    const { repository, task } = await createScene();
    repository.commit({ "second.txt": "more\n" }, task.path);
    const base = repository.commit({ shared: "ONE\ntwo\nthree\n" });
    const merged = await task.merge({ strategy });
    if (merged.kind !== "merged") throw new Error(JSON.stringify(merged));
    const added = repository.git("rev-list", "--count", "--first-parent", `${base}..main`);
    expect(added).toBe(strategy === "rebase" ? "2" : "1");
    expect(repository.git("rev-list", "--parents", "-1", "main").split(" ")).toHaveLength(strategy === "merge" ? 3 : 2);
    expect(repository.git("show", "main:shared")).toBe("ONE\ntwo\nthree");
    expect(repository.git("status", "--porcelain")).toBe("");
  });

  test("carries the given message under the user's name", async () => {
    const { repository, task } = await createScene();
    await task.merge();
    expect(repository.git("log", "-1", "--format=%an <%ae>%n%B", "main")).toBe(
      "Ada <ada@example.org>\nThe work\n\nAll of it.",
    );
  });

  test("by rebase keeps authors, dates and messages, and leaves out what the base has already", async () => {
    const { repository, task } = await createScene();
    writeFileSync(join(task.path, "other"), "x\n");
    repository.gitIn(task.path, "add", "-A");
    const date = "2001-02-03T04:05:06+0700";
    repository.gitIn(
      task.path,
      "commit",
      "-q",
      "--date",
      date,
      "--author",
      "Bob <bob@example.org>",
      "-m",
      "Ärger\n\nmit Körper",
    );
    repository.git("cherry-pick", "-x", `${task.branch}~1`);
    repository.commit({ shared: "changed\n" });
    await task.merge({ strategy: "rebase" });
    expect(repository.git("log", "-1", "--format=%an %ae %ad %cn%n%B", "--date=iso-strict", "main")).toBe(
      "Bob bob@example.org 2001-02-03T04:05:06+07:00 Ada\nÄrger\n\nmit Körper",
    );
    expect(
      repository
        .git("log", "--format=%s", "main")
        .split("\n")
        .filter((line) => line.includes("work.txt")),
    ).toHaveLength(1);
  });

  test("into another branch moves that branch and no checkout", async () => {
    const { repository, task } = await createScene();
    repository.git("branch", "release");
    const before = everyByte(repository.root, task.path);
    expect(await task.merge({ base: "release" })).toMatchObject({ kind: "merged", checkout: null });
    expect(repository.git("show", "release:work.txt")).toBe("the work");
    expect(repository.git("status", "--porcelain")).toBe("");
    expect(lostBytes(before, repository.root, task.path)).toEqual([]);
  });

  test("fast-forwards a base that is checked out in another worktree", async () => {
    const { repository, task } = await createScene();
    const other = join(dirname(repository.root), "other");
    repository.git("worktree", "add", "-q", "-b", "release", other);
    expect(await task.merge({ base: "release" })).toMatchObject({ kind: "merged", checkout: other });
    expect(readFileSync(join(other, "work.txt"), "utf8")).toBe("the work\n");
    expect(repository.gitIn(other, "status", "--porcelain")).toBe("");
  });

  test("goes into a base whose other worktree was removed by hand", async () => {
    const { repository, task } = await createScene();
    const other = join(dirname(repository.root), "other");
    repository.git("worktree", "add", "-q", "-b", "release", other);
    rmSync(other, { recursive: true });
    expect(await task.merge({ base: "release" })).toMatchObject({ kind: "merged", checkout: null });
  });

  test("does not mind ignored files in the task's worktree", async () => {
    const { repository, task } = await createScene({ ".gitignore": "*.log\n" });
    repository.write("build.log", "noise\n", task.path);
    const before = everyByte(repository.root, task.path);
    expect(await task.merge()).toMatchObject({ kind: "merged" });
    expect(lostBytes(before, repository.root, task.path)).toEqual([]);
  });

  test("works when the task's worktree was removed by hand", async () => {
    const { task } = await createScene();
    rmSync(task.path, { recursive: true });
    expect(await task.merge()).toMatchObject({ kind: "merged" });
  });

  test("leaves changes in the base's checkout that it does not touch, staged ones too", async () => {
    const { repository, task } = await createScene();
    repository.write("shared", "by hand\n");
    repository.write("new", "untracked\n");
    repository.write("README.md", "staged\n");
    repository.git("add", "README.md");
    const before = everyByte(repository.root, task.path);
    expect(await task.merge()).toMatchObject({ kind: "merged" });
    expect(lostBytes(before, repository.root, task.path)).toEqual([]);
    expect(repository.git("status", "--porcelain")).toBe("M  README.md\n M shared\n?? new");
  });

  test("leaves a stash", async () => {
    const { repository, task } = await createScene();
    repository.write("shared", "stashed\n");
    repository.git("stash", "-q");
    await task.merge();
    expect(repository.git("show", "stash@{0}:shared")).toBe("stashed");
  });

  test("takes names that are no ASCII, and one with a newline", async () => {
    const { repository, task } = await createScene(undefined, {
      "Übung/日本": "1\n",
      "two\nlines": "2\n",
      "\ttab": "3\n",
    });
    expect(await task.merge()).toMatchObject({ kind: "merged" });
    expect(readFileSync(join(repository.root, "two\nlines"), "utf8")).toBe("2\n");
  });

  test("takes links as links", async () => {
    const { repository, task } = await createScene(undefined, {});
    symlinkSync("/etc/passwd", join(task.path, "link"));
    repository.commit({ file: "1\n" }, task.path);
    expect(await task.merge()).toMatchObject({ kind: "merged" });
    expect(repository.git("ls-tree", "main", "link")).toContain("120000");
  });

  test("works in a shallow clone", async () => {
    const origin = createTestRepository();
    origin.commit({ more: "2\n" });
    const root = join(dirname(origin.root), "shallow");
    origin.git("clone", "-q", "--depth=1", `file://${origin.root}`, root);
    introduce(origin, root);
    const task = await createTask(root);
    origin.commit({ work: "1\n" }, task.path);
    expect(await task.merge()).toMatchObject({ kind: "merged" });
  });

  test("works in a bare repository", async () => {
    const origin = createTestRepository();
    const root = join(dirname(origin.root), "bare");
    origin.git("clone", "-q", "--bare", origin.root, root);
    introduce(origin, root);
    const task = await createTask(root);
    origin.commit({ work: "1\n" }, task.path);
    expect(await task.merge()).toMatchObject({ kind: "merged", checkout: null });
    expect(origin.gitIn(root, "show", "main:work")).toBe("1");
  });

  test("follows a base that moves while it is computed", async () => {
    const { repository, task } = await createScene();
    let moves = 0;
    const merged = await mergeTask(task.mergePlan(), {
      recordIntent: async () => {
        if (moves++ < 2) repository.commit({ [`moved-${moves}`]: "1\n" });
      },
    });
    expect(merged).toMatchObject({ kind: "merged" });
    expect(repository.git("ls-tree", "--name-only", "main").split("\n")).toEqual(
      expect.arrayContaining(["moved-1", "moved-2", "work.txt"]),
    );
  });

  test("gives up on a base that never stands still", async () => {
    const { repository, task } = await createScene();
    repository.git("switch", "-q", "--detach");
    let moves = 0;
    const merged = await mergeTask(task.mergePlan(), {
      recordIntent: async () => {
        repository.git("update-ref", "refs/heads/main", repository.commit({ [`moved-${moves++}`]: "1\n" }));
      },
    });
    expect(merged).toMatchObject({ refusal: { kind: "base-keeps-moving", attempts: 3 } });
  });

  test("and another at once both arrive", async () => {
    const { repository, task } = await createScene();
    const second = await createTask(repository.root, 2, "other");
    repository.commit({ "other.txt": "the other work\n" }, second.path);
    repository.git("switch", "-q", "--detach");
    const merged = await Promise.all([task.merge(), second.merge()]);
    expect(merged.map(({ kind }) => kind)).toEqual(["merged", "merged"]);
    expect(repository.git("ls-tree", "--name-only", "main")).toMatch(/other\.txt[^]*work\.txt/);
  });

  test("with dirty files commits them first, deletions and untracked ones too", async () => {
    const { repository, task } = await createScene();
    rmSync(join(task.path, "README.md"));
    repository.write("untracked", "new\n", task.path);
    expect(await task.merge({ hasDirtyIncluded: true })).toMatchObject({ kind: "merged", commits: 2 });
    expect(repository.git("ls-tree", "--name-only", "main")).toBe("shared\nuntracked\nwork.txt");
  });

  test("signs where the user has asked for it", async () => {
    const { repository, task } = await createScene();
    const key = join(dirname(repository.root), "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    repository.git("config", "gpg.format", "ssh");
    repository.git("config", "user.signingKey", key);
    repository.git("config", "commit.gpgSign", "true");
    await task.merge();
    expect(repository.git("cat-file", "commit", "main")).toContain("BEGIN SSH SIGNATURE");
  });
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

describe("a process killed while it merges", () => {
  const fixture = fileURLToPath(new URL("fixtures/merge-and-die.ts", import.meta.url));

  test.each(MERGE_STEPS)("at %s has lost nothing, and the next one knows what happened", async (step) => {
    const scene = await createScene();
    const { repository, task } = scene;
    repository.write("new", "1\n", task.path);
    repository.write("README.md", "by hand\n");
    const before = everyByte(repository.root, task.path);
    const intentFile = join(dirname(repository.root), "intent.json");
    const plan = JSON.stringify(task.mergePlan({ hasDirtyIncluded: true }));
    const killed = spawnSync(process.execPath, ["--conditions=source", fixture, plan, step, intentFile]);
    expect(killed.signal).toBe("SIGKILL");
    expect(lostBytes(before, repository.root, task.path)).toEqual([]);
    if (existsSync(intentFile)) {
      const intent = JSON.parse(readFileSync(intentFile, "utf8")) as MergeIntent;
      const kind = step === "merge-applied" ? "applied" : "not-applied";
      expect(await recognizeMerge(task.plan.commonDir, intent)).toEqual({ kind });
    } else expect(["dirty-included", "merge-computed"]).toContain(step);
    const again = await task.merge({ hasDirtyIncluded: true });
    expect(again).toMatchObject(
      step === "merge-applied" ? { refusal: { kind: "already-merged" } } : { kind: "merged", commits: 2 },
    );
    expect(repository.git("show", "main:new")).toBe("1");
    expect(repository.git("status", "--porcelain")).toBe("M README.md");
    expect(lostBytes(before, repository.root, task.path)).toEqual([]);
  });
});

describe("after an interruption", () => {
  const interrupt = async ({ task }: Scene, at: string): Promise<MergeIntent | undefined> => {
    let intent: MergeIntent | undefined;
    const merging = mergeTask(task.mergePlan(), {
      recordIntent: async (recorded) => {
        intent = recorded;
      },
      onStep: (step) => {
        if (step === at) throw new Error("interrupted");
      },
    });
    await expect(merging).rejects.toThrow("interrupted");
    return intent;
  };

  test("before anything was intended, the next merge goes through", async () => {
    const scene = await createScene();
    expect(await interrupt(scene, "merge-computed")).toBeUndefined();
    expect(await scene.task.merge()).toMatchObject({ kind: "merged" });
  });

  test("between intent and ref, the merge is known not to have happened", async () => {
    const scene = await createScene();
    const intent = await interrupt(scene, "merge-intended");
    if (intent === undefined) throw new Error("no intent");
    expect(await recognizeMerge(scene.task.plan.commonDir, intent)).toEqual({ kind: "not-applied" });
    expect(await scene.task.merge()).toMatchObject({ kind: "merged" });
  });

  test("between ref and registry, the merge is known to have happened, also when the base went on since", async () => {
    const scene = await createScene();
    const intent = await interrupt(scene, "merge-applied");
    if (intent === undefined) throw new Error("no intent");
    expect(await recognizeMerge(scene.task.plan.commonDir, intent)).toEqual({ kind: "applied" });
    scene.repository.commit({ later: "1\n" });
    expect(await recognizeMerge(scene.task.plan.commonDir, intent)).toEqual({ kind: "applied" });
  });

  test("a base that went elsewhere is told", async () => {
    const scene = await createScene();
    const intent = await interrupt(scene, "merge-intended");
    if (intent === undefined) throw new Error("no intent");
    const to = scene.repository.commit({ later: "1\n" });
    expect(await recognizeMerge(scene.task.plan.commonDir, intent)).toEqual({ kind: "base-moved", to });
    scene.repository.git("switch", "-q", "--detach");
    scene.repository.git("branch", "-D", "main");
    expect(await recognizeMerge(scene.task.plan.commonDir, intent)).toEqual({ kind: "base-moved", to: null });
  });

  test("between the commit of dirty files and the merge, nothing is committed twice", async () => {
    const scene = await createScene();
    scene.repository.write("new", "1\n", scene.task.path);
    const merging = mergeTask(scene.task.mergePlan({ hasDirtyIncluded: true }), {
      recordIntent: async () => {},
      onStep: () => {
        throw new Error("interrupted");
      },
    });
    await expect(merging).rejects.toThrow("interrupted");
    expect(await scene.task.merge({ hasDirtyIncluded: true })).toMatchObject({ kind: "merged", commits: 2 });
  });
});

test("names that are no UTF-8 are merged, and in the way like any other", async () => {
  const { repository, task } = await createScene();
  const odd = (directory: string) => Buffer.concat([Buffer.from(`${directory}/odd-`), Buffer.from([0xff])]);
  writeFileSync(odd(task.path), "1\n");
  repository.commit({ more: "1\n" }, task.path);
  writeFileSync(odd(repository.root), "mine\n");
  await expectRefusal({ repository, task }, { kind: "checkout-in-the-way", files: ["odd-\ufffd"] });
  rmSync(odd(repository.root));
  expect(await task.merge()).toMatchObject({ kind: "merged" });
  expect(readFileSync(odd(repository.root), "utf8")).toBe("1\n");
});

test("a merge leaves no file in the temporary directory and none in the checkout", async () => {
  const { repository, task } = await createScene({
    ".gitattributes": "* text\n",
    "deep/.gitattributes": "*.x -text\n",
  });
  const temporary = join(dirname(repository.root), "tmp");
  mkdirSync(temporary);
  vi.stubEnv("TMPDIR", temporary);
  expect(await task.merge()).toMatchObject({ kind: "merged" });
  expect(repository.git("status", "--porcelain", "--ignored")).toBe("");
  expect(readdirSync(temporary)).toEqual([]);
});

/** A clone does not take over who commits. */
function introduce(origin: TestRepository, root: string): void {
  origin.gitIn(root, "config", "user.name", "Ada");
  origin.gitIn(root, "config", "user.email", "ada@example.org");
}
