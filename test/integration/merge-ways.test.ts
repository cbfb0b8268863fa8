import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everyByte, lostBytes } from "../support/every-byte.ts";
import { createHome, type Home } from "../support/home.ts";
import {
  configureAgents,
  createTaskRepository,
  initTaskRepository,
  refusalOf,
  type TaskRepository,
  type WorkedTask,
} from "../support/task-repository.ts";

let home: Home;
let made = 0;

beforeAll(() => {
  home = createHome();
  configureAgents(home);
});
afterAll(() => home[Symbol.asyncDispose]());

async function createScene(
  work?: Readonly<Record<string, string>>,
  files?: Readonly<Record<string, string>>,
): Promise<{ repository: TaskRepository; task: WorkedTask }> {
  const repository = await createTaskRepository(home, `repository-${made++}`, files);
  return { repository, task: await repository.complete("work", work) };
}

async function expectMerged(repository: TaskRepository, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await repository.cli("merge", "work", ...args);
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: "" });
  expect(stderr).toContain("orchastration gc");
  expect((await repository.json("status", "work")).status).toBe("merged");
  expect(repository.git("fsck", "--strict", "--no-dangling")).toBe("");
  return stderr;
}

describe("a merge", () => {
  test.each([
    ["squash", 1, 1],
    ["rebase", 2, 1],
    ["merge", 1, 2],
  ] as const)(
    "by %s adds %i commit to the base's own line, the last with %i parents",
    async (strategy, commits, parents) => {
      const { repository, task } = await createScene();
      repository.commit({ "second.txt": "more\n" }, task.worktree);
      const base = repository.commit({ shared: "ONE\ntwo\nthree\n" });
      await expectMerged(repository, "--strategy", strategy);
      expect(repository.git("rev-list", "--count", "--first-parent", `${base}..main`)).toBe(String(commits));
      expect(repository.git("rev-list", "--parents", "-1", "main").split(" ")).toHaveLength(parents + 1);
      expect(readFileSync(join(repository.root, "second.txt"), "utf8")).toBe("more\n");
      expect(readFileSync(join(repository.root, "shared"), "utf8")).toBe("ONE\ntwo\nthree\n");
    },
  );

  test("takes the strategy that is configured, and the title and body of the task as its message", async () => {
    const { repository } = await createScene();
    repository.write(".orchastration/config.toml", '[merge]\nstrategy = "merge"\n');
    await repository.cli("trust", "--yes");
    const file = join(repository.root, ".orchastration/tasks/1-work.md");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace("title: work", 'title: "Do $(x); \\"it\\""') + "Because of `this`.\n",
    );
    await expectMerged(repository);
    expect(repository.git("log", "-1", "--format=%an <%ae>%n%B")).toBe(
      'Ada <ada@example.org>\nDo $(x); "it"\n\nBecause of `this`.',
    );
    expect(repository.git("rev-list", "--parents", "-1", "main").split(" ")).toHaveLength(3);
  });

  test("tells a script what it did", async () => {
    const { repository, task } = await createScene();
    const [base, head] = [repository.git("rev-parse", "main"), repository.git("rev-parse", task.branch)];
    expect(await repository.json("merge", "1")).toMatchObject({
      outcome: "merged",
      into: "main",
      base,
      head,
      result: repository.git("rev-parse", "main"),
      strategy: "squash",
      checkout: repository.root,
      task: { name: "1-work", status: "merged", merged_into: "main" },
    });
  });

  test("--into moves another branch and no checkout", async () => {
    const { repository } = await createScene();
    repository.git("branch", "release");
    const main = repository.git("rev-parse", "main");
    const said = await expectMerged(repository, "--into", "release");
    expect(said).toContain("into release");
    expect(repository.git("show", "release:work.txt")).toBe("the work");
    expect(repository.git("rev-parse", "main")).toBe(main);
    expect(existsSync(join(repository.root, "work.txt"))).toBe(false);
  });

  test("fast-forwards a base that is checked out in another worktree, and names it", async () => {
    const { repository } = await createScene();
    const other = `${repository.root}-release`;
    repository.git("worktree", "add", "-q", "-b", "release", other);
    expect(await expectMerged(repository, "--into", "release")).toContain(`fast-forwarded in ${other}`);
    expect(readFileSync(join(other, "work.txt"), "utf8")).toBe("the work\n");
    expect(repository.gitIn(other, "status", "--porcelain")).toBe("");
  });

  test("leaves the changes of the base's checkout that it does not touch, and a stash", async () => {
    const { repository } = await createScene();
    repository.write("shared", "stashed\n");
    repository.git("stash", "-q");
    repository.write("shared", "mine\n");
    repository.write("README.md", "# Staged\n");
    repository.git("add", "README.md");
    repository.write("new", "untracked\n");
    const before = everyByte(repository.root);
    await expectMerged(repository);
    const lost = lostBytes(before, repository.root);
    expect(lost.filter((entry) => !entry.includes("/.orchastration/"))).toEqual([]);
    expect(repository.git("status", "--porcelain")).toBe("M  README.md\n M shared\n?? .orchastration/\n?? new");
    expect(repository.git("show", "stash@{0}:shared")).toBe("stashed");
  });

  test("works when the base's checkout has a detached HEAD, which stays where it is", async () => {
    const { repository } = await createScene();
    repository.git("switch", "-q", "--detach");
    const head = repository.git("rev-parse", "HEAD");
    await expectMerged(repository);
    expect(repository.git("rev-parse", "HEAD")).toBe(head);
    expect(repository.git("show", "main:work.txt")).toBe("the work");
  });

  test("works when the task's worktree was removed by hand", async () => {
    const { repository, task } = await createScene();
    rmSync(task.worktree, { recursive: true });
    await expectMerged(repository);
    expect(repository.git("show", "main:work.txt")).toBe("the work");
  });

  test("does not mind ignored files in the task's worktree, nor a stash made there", async () => {
    const { repository, task } = await createScene(
      { "work.txt": "the work\n" },
      { ".gitignore": "*.o\n", shared: "1\n" },
    );
    repository.write("shared", "stashed\n", task.worktree);
    repository.gitIn(task.worktree, "stash", "-q");
    repository.write("main.o", "object\n", task.worktree);
    await expectMerged(repository);
    expect(readFileSync(join(task.worktree, "main.o"), "utf8")).toBe("object\n");
    expect(repository.git("show", "stash@{0}:shared")).toBe("stashed");
  });

  test("--include-dirty commits first what is changed, staged, deleted and untracked", async () => {
    const { repository, task } = await createScene({ "work.txt": "1\n", gone: "1\n" });
    repository.write("work.txt", "2\n", task.worktree);
    repository.write("ünträcked\nname", "3\n", task.worktree);
    repository.write("staged", "4\n", task.worktree);
    repository.gitIn(task.worktree, "add", "staged");
    rmSync(join(task.worktree, "gone"));
    await expectMerged(repository, "--include-dirty");
    expect(repository.git("ls-tree", "-z", "--name-only", "main").split("\0").filter(Boolean)).toEqual(
      ["README.md", "shared", "staged", "work.txt", "ünträcked\nname"].sort(),
    );
    expect(repository.git("show", "main:work.txt")).toBe("2");
    expect(repository.gitIn(task.worktree, "status", "--porcelain")).toBe("");
  });

  test("runs none of the repository's hooks, neither those that fail nor those that act", async () => {
    const { repository } = await createScene();
    const hooks = join(repository.root, ".git/hooks");
    mkdirSync(hooks, { recursive: true });
    const canary = join(home.dir, `hook-${made}`);
    for (const hook of [
      "pre-commit",
      "commit-msg",
      "post-checkout",
      "pre-merge-commit",
      "post-merge",
      "reference-transaction",
      "post-index-change",
    ]) {
      writeFileSync(join(hooks, hook), `#!/bin/sh\ntouch '${canary}'\nexit 1\n`);
      chmodSync(join(hooks, hook), 0o755);
    }
    await expectMerged(repository);
    expect(existsSync(canary)).toBe(false);
    expect((await repository.cli("gc", "--yes")).code).toBe(0);
    expect(existsSync(canary)).toBe(false);
  });

  test("is done from a sub-directory and from another worktree of the repository, by number and by slug", async () => {
    const { repository, task } = await createScene({ "folder/a": "1\n" });
    const second = await repository.complete("second", { "folder/b": "1\n" });
    const inside = await home.cli(["merge", "1"], { cwd: join(second.worktree, "folder") });
    expect(inside).toMatchObject({ code: 0 });
    const fromSub = await home.cli(["merge", "second"], { cwd: join(repository.root, "folder") });
    expect(fromSub).toMatchObject({ code: 0 });
    expect(readdirSync(join(repository.root, "folder")).sort()).toEqual(["a", "b"]);
    expect(await task.status()).toBe("merged");
  });

  test("works in a shallow clone", async () => {
    const { repository: origin } = await createScene();
    origin.commit({ more: "1\n" });
    const root = `${origin.root}-shallow`;
    origin.git("clone", "-q", "--depth=1", `file://${origin.root}`, root);
    const repository = await initTaskRepository(home, root);
    await repository.cli("trust", "--yes");
    await repository.complete("work");
    await expectMerged(repository);
  });

  test("works in a worktree of a bare repository, which alone has no place for tasks", async () => {
    const { repository: origin } = await createScene();
    const bare = `${origin.root}.git`;
    origin.git("clone", "-q", "--bare", origin.root, bare);
    const { code, stderr } = await home.cli(["init"], { cwd: bare });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("is a bare repository") });
    expect(stderr).toContain("git worktree add");
    const checkout = `${origin.root}-of-bare`;
    origin.gitIn(bare, "worktree", "add", "-q", checkout, "main");
    const repository = await initTaskRepository(home, checkout);
    await repository.cli("trust", "--yes");
    await repository.complete("more", { "more.txt": "1\n" });
    expect((await repository.cli("merge", "more")).code).toBe(0);
    expect(readFileSync(join(checkout, "more.txt"), "utf8")).toBe("1\n");
    expect((await repository.cli("gc", "--yes")).code).toBe(0);
  });
});

describe("two merges at once", () => {
  test("of one repository both arrive, one after the other", async () => {
    const { repository } = await createScene();
    await repository.complete("second", { "second.txt": "more\n" });
    const base = repository.git("rev-parse", "main");
    const both = await Promise.all([repository.cli("merge", "work"), repository.cli("merge", "second")]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(repository.git("rev-list", "--count", `${base}..main`)).toBe("2");
    expect(repository.git("ls-tree", "--name-only", "main")).toMatch(/second\.txt[^]*work\.txt/);
    expect(repository.git("status", "--porcelain")).toBe("?? .orchastration/");
  });

  test("of one task merge it once, and the other says so", async () => {
    const { repository } = await createScene();
    const base = repository.git("rev-parse", "main");
    const both = await Promise.all([repository.cli("merge", "work"), repository.cli("merge", "work")]);
    expect(new Set(both.map(({ code }) => code))).toEqual(new Set([0, 1]));
    expect(both.find(({ code }) => code === 1)?.stderr).toContain("task 1-work is merged");
    expect(repository.git("rev-list", "--count", `${base}..main`)).toBe("1");
  });

  test("and a gc neither disturb each other nor take what is not merged", async () => {
    const { repository, task } = await createScene();
    await repository.cli("merge", "work");
    const second = await repository.complete("second", { "second.txt": "more\n" });
    const [merge, gc] = await Promise.all([repository.cli("merge", "second"), repository.cli("gc", "--yes")]);
    expect([merge.code, gc.code]).toEqual([0, 0]);
    expect(existsSync(task.worktree)).toBe(false);
    expect(repository.git("show", "main:second.txt")).toBe("more");
    expect(repository.git("branch", "--list", "main", "--format=%(refname:short)")).toBe("main");
    // Whichever was first: the second task is merged, or merged and collected.
    expect((await repository.cli("gc", "--yes")).code).toBe(0);
    expect(existsSync(second.worktree)).toBe(false);
  });
});

describe("a conflict", () => {
  test("is brought into the worktree by --resolve, resolved there, and merged", async () => {
    const { repository, task } = await createScene({ shared: "task\n" });
    const base = repository.commit({ shared: "base\n" });
    const refusal = await refusalOf(repository, "merge", "work");
    expect(refusal).toMatchObject({ code: "MergeConflict", exitCode: 1 });

    const resolving = await repository.cli("--json", "merge", "work", "--resolve");
    expect(resolving.code).toBe(1);
    expect(JSON.parse(resolving.stdout)).toMatchObject({
      outcome: "resolving",
      worktree: task.worktree,
      conflicts: ["shared"],
    });
    expect(readFileSync(join(task.worktree, "shared"), "utf8")).toMatch(/<<<<<<< HEAD\ntask\n=======\nbase\n>>>>>>>/);
    expect(repository.git("rev-parse", "main")).toBe(base);
    expect(readFileSync(join(repository.root, "shared"), "utf8")).toBe("base\n");

    const unfinished = await refusalOf(repository, "merge", "work");
    expect(unfinished.message).toContain("a merge is unfinished in its worktree");
    const again = await refusalOf(repository, "merge", "work", "--resolve");
    expect(again.message).toContain("a merge is unfinished in its worktree");

    repository.write("shared", "both\n", task.worktree);
    repository.gitIn(task.worktree, "commit", "-q", "-a", "--no-edit");
    await expectMerged(repository);
    expect(readFileSync(join(repository.root, "shared"), "utf8")).toBe("both\n");
    expect(repository.git("rev-list", "--parents", "-1", "main").split(" ")).toHaveLength(2);
  });

  test("--resolve of what does not conflict merges the base in and says how to go on", async () => {
    const { repository, task } = await createScene();
    repository.commit({ shared: "base\n" });
    const { code, stderr } = await repository.cli("merge", "work", "--resolve");
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("orchastration merge 1-work") });
    expect(readFileSync(join(task.worktree, "shared"), "utf8")).toBe("base\n");
    await expectMerged(repository);
  });

  test.each([
    [
      "dirty files",
      (task: WorkedTask) => writeFileSync(join(task.worktree, "new"), "mine\n"),
      "uncommitted files: new",
    ],
    ["no worktree", (task: WorkedTask) => rmSync(task.worktree, { recursive: true }), "is not there"],
  ])("--resolve is refused with %s in the task's place, and changes nothing", async (_what, arrange, message) => {
    const { repository, task } = await createScene({ shared: "task\n" });
    repository.commit({ shared: "base\n" });
    arrange(task);
    const refusal = await refusalOf(repository, "merge", "work", "--resolve");
    expect(refusal).toMatchObject({ exitCode: 1, code: "MergeRefused" });
    expect(refusal.message).toContain(message);
  });

  test("that was resolved in favour of the base leaves nothing to merge", async () => {
    const { repository, task } = await createScene({ shared: "task\n" });
    repository.commit({ shared: "base\n" });
    await repository.cli("merge", "work", "--resolve");
    repository.gitIn(task.worktree, "checkout", "-q", "--theirs", "shared");
    repository.gitIn(task.worktree, "commit", "-q", "-a", "--no-edit");
    const refusal = await refusalOf(repository, "merge", "work");
    expect(refusal).toMatchObject({ exitCode: 1, code: "MergeRefused" });
    expect(refusal.hint).toContain("orchastration remove 1-work");
  });
});

test("what was merged by hand is forgotten by remove, as the refusal said, and its commits stay", async () => {
  const { repository, task } = await createScene();
  repository.git("merge", "-q", "--squash", task.branch);
  repository.git("commit", "-q", "-m", "By hand");
  const head = repository.git("rev-parse", task.branch);
  expect((await refusalOf(repository, "merge", "work")).hint).toContain("orchastration remove 1-work");
  const { backup_ref: ref } = await repository.json("remove", "1-work", "--yes");
  expect(repository.git("rev-parse", String(ref))).toBe(head);
  expect(existsSync(task.worktree)).toBe(false);
});

test("submodule pointers that differ are a conflict, and nothing of the submodule is touched", async () => {
  const inner = await createTaskRepository(home, `inner-${made++}`);
  const { repository, task } = await createScene();
  const allow = ["-c", "protocol.file.allow=always"];
  repository.git(...allow, "submodule", "add", "-q", inner.root, "module");
  repository.git("commit", "-q", "-m", "Add a submodule");
  expect((await repository.cli("merge", "work", "--resolve")).code).toBe(0);
  const pointTo = (directory: string, commit: string) => {
    repository.gitIn(directory, "update-index", "--cacheinfo", `160000,${commit},module`);
    repository.gitIn(directory, "commit", "-q", "-m", "Move the submodule");
  };
  pointTo(task.worktree, inner.commit({ a: "1\n" }));
  inner.git("reset", "-q", "--hard", "HEAD~1");
  pointTo(repository.root, inner.commit({ b: "1\n" }));
  const refusal = await refusalOf(repository, "merge", "work");
  expect(refusal).toMatchObject({ exitCode: 1, code: "MergeConflict" });
  expect(refusal.message).toMatch(/module \(submodule\)/);
});
