import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { everyByte, lostBytes } from "../../../../test/support/every-byte.ts";
import { type MergeStrategy, mergeTask } from "../../src/git/merge.ts";
import { createTask, createTestRepository, type TestRepository } from "./git-repository.ts";
import { createScene, expectRefusal } from "./merge-scene.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

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
