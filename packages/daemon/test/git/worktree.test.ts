import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { everyByte, lostBytes } from "../../../../test/support/every-byte.ts";
import { inspectWorktree } from "../../src/git/inspect-worktree.ts";
import { addWorktree } from "../../src/git/worktree.ts";
import { verifyWorktree } from "../../src/git/worktree-list.ts";
import { createTask, createTestRepository, planTask, writeProgram } from "./git-repository.ts";

describe("adding a worktree", () => {
  test("checks the base out on a branch of its own and leaves the user's checkout alone", async () => {
    const repository = createTestRepository();
    repository.write("README.md", "changed by hand\n");
    const before = everyByte(repository.root);
    const task = await createTask(repository.root);
    expect(readFileSync(join(task.path, "README.md"), "utf8")).toBe("# Read me\n");
    expect(repository.gitIn(task.path, "symbolic-ref", "--short", "HEAD")).toBe("orchastration/1-work");
    expect(repository.git("symbolic-ref", "--short", "HEAD")).toBe("main");
    expect(lostBytes(before, repository.root)).toEqual([]);
  });

  test("asked for twice is made once", async () => {
    const task = await createTask(createTestRepository().root);
    expect(await addWorktree({ ...task.plan, isBranchOurs: true })).toMatchObject({ kind: "already-there" });
  });

  test("two starts at once make one", async () => {
    const { plan } = await planTask(createTestRepository().root);
    const made = await Promise.all([addWorktree(plan), addWorktree(plan)]);
    expect(made.filter(({ kind }) => kind === "added")).toHaveLength(1);
    expect((await verifyWorktree(plan.commonDir, plan.path)).kind).toBe("ok");
  });

  test("is refused when the branch exists and is not ours", async () => {
    const repository = createTestRepository();
    repository.git("branch", "orchastration/1-work");
    const { plan } = await planTask(repository.root);
    expect(await addWorktree(plan)).toMatchObject({ kind: "refused", refusal: { kind: "branch-exists" } });
    expect(existsSync(plan.path)).toBe(false);
  });

  test("is refused when something is at the path, of which no byte changes", async () => {
    const repository = createTestRepository();
    const { plan } = await planTask(repository.root);
    repository.write("precious", "mine\n", plan.path);
    const before = everyByte(repository.root, plan.path);
    expect(await addWorktree(plan)).toMatchObject({ kind: "refused", refusal: { kind: "path-exists" } });
    expect(lostBytes(before, repository.root, plan.path)).toEqual([]);
    expect(repository.git("branch", "--list", plan.branch)).toBe("");
  });

  test("is refused when the branch is checked out elsewhere", async () => {
    const repository = createTestRepository();
    repository.git("switch", "-q", "-c", "orchastration/1-work");
    const { plan } = await planTask(repository.root);
    const added = await addWorktree({ ...plan, isBranchOurs: true });
    expect(added).toMatchObject({ kind: "refused", refusal: { kind: "branch-checked-out", path: repository.root } });
  });

  test.each([
    ["outside of the root", "../elsewhere"],
    ["further down", "a/b"],
  ])("is refused %s", async (_name, path) => {
    const { plan } = await planTask(createTestRepository().root);
    const added = await addWorktree({ ...plan, path: join(plan.worktreesRoot, path) });
    expect(added).toMatchObject({ kind: "refused", refusal: { kind: "path-outside-root" } });
  });

  test("is refused when the root is a link to somewhere else", async () => {
    const { plan } = await planTask(createTestRepository().root);
    const elsewhere = join(dirname(plan.worktreesRoot), "elsewhere");
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, plan.worktreesRoot);
    expect(await addWorktree(plan)).toMatchObject({ kind: "refused", refusal: { kind: "path-outside-root" } });
  });

  test("is refused in a repository with no commit", async () => {
    const { plan } = await planTask(createTestRepository({}).root);
    expect(await addWorktree(plan)).toMatchObject({ kind: "refused", refusal: { kind: "no-such-commit" } });
  });

  test.each(["-rf", "a..b", "x.lock", "a b", "@{-1}", "refs/heads/x"])("refuses %j as a branch", async (branch) => {
    const { plan } = await planTask(createTestRepository().root);
    expect(await addWorktree({ ...plan, branch })).toMatchObject({ refusal: { kind: "bad-branch-name" } });
  });

  test("works in a bare repository and in a shallow clone", async () => {
    const origin = createTestRepository();
    origin.commit({ more: "2\n" });
    for (const options of [["--bare"], ["--depth=1"]]) {
      const copy = join(dirname(origin.root), `copy${options.join("")}`);
      origin.git("clone", "-q", ...options, `file://${origin.root}`, copy);
      const { plan } = await planTask(copy, options[0] === "--bare" ? 7 : 8);
      expect(await addWorktree(plan)).toMatchObject({ kind: "added" });
      expect(existsSync(join(plan.path, "more"))).toBe(true);
    }
  });

  test("that git cannot make leaves nothing behind", async () => {
    const repository = createTestRepository({ "a.txt": "1\n", ".gitattributes": "*.txt filter=broken\n" });
    const { plan } = await planTask(repository.root);
    const global = join(dirname(repository.root), "gitconfig");
    writeFileSync(global, '[filter "broken"]\n\tsmudge = false\n\trequired = true\n');
    const home = join(dirname(repository.root), "home");
    mkdirSync(home);
    renameSync(global, join(home, ".gitconfig"));
    vi.stubEnv("HOME", home);
    const added = await addWorktree(plan);
    vi.unstubAllEnvs();
    expect(added).toMatchObject({ kind: "failed", left: [] });
    expect(existsSync(plan.path)).toBe(false);
    expect(repository.git("branch", "--list", plan.branch)).toBe("");
    expect(repository.git("worktree", "list").split("\n")).toHaveLength(1);
    expect(await addWorktree(plan)).toMatchObject({ kind: "added" });
  });

  test("removed by hand is made anew, with the branch as it was and what was staged kept", async () => {
    const repository = createTestRepository();
    const task = await createTask(repository.root);
    const commit = repository.commit({ work: "done\n" }, task.path);
    repository.write("staged", "half done\n", task.path);
    repository.gitIn(task.path, "add", "staged");
    rmSync(task.path, { recursive: true });
    expect((await verifyWorktree(task.plan.commonDir, task.path)).kind).toBe("missing");
    expect(await addWorktree({ ...task.plan, isBranchOurs: true })).toMatchObject({ kind: "added" });
    expect(repository.gitIn(task.path, "rev-parse", "HEAD")).toBe(commit);
    expect(repository.git("show", "refs/orchastration/backup/1/1:staged")).toBe("half done");
  });

  test("removed by hand together with its root is made anew", async () => {
    const task = await createTask(createTestRepository().root);
    rmSync(task.plan.worktreesRoot, { recursive: true });
    expect(await addWorktree({ ...task.plan, isBranchOurs: true })).toMatchObject({ kind: "added" });
  });

  test("leaves stale entries of the user alone", async () => {
    const repository = createTestRepository();
    const mine = join(dirname(repository.root), "mine");
    repository.git("worktree", "add", "-q", "-b", "mine", mine);
    rmSync(mine, { recursive: true });
    const task = await createTask(repository.root);
    rmSync(task.path, { recursive: true });
    await addWorktree({ ...task.plan, isBranchOurs: true });
    expect(repository.git("worktree", "list", "--porcelain")).toContain(mine);
  });

  describe("that git was killed over", () => {
    /** What git leaves then: its lock, a branch, and some of the files. */
    const kill = async () => {
      const repository = createTestRepository();
      const task = await createTask(repository.root);
      const admin = join(repository.root, ".git/worktrees/1-work");
      writeFileSync(join(admin, "locked"), "initializing");
      rmSync(join(admin, "index"));
      writeFileSync(join(task.path, "README.md"), "# Re");
      return { repository, task, signs: [admin, task.path, join(admin, "locked")] };
    };

    test("is taken for unfinished while it may be", async () => {
      const { repository, task } = await kill();
      const before = everyByte(repository.root, task.path);
      const added = await addWorktree({ ...task.plan, isBranchOurs: true });
      expect(added).toMatchObject({ refusal: { kind: "being-made" } });
      expect(lostBytes(before, repository.root, task.path)).toEqual([]);
    });

    test("is made anew later, and its files are set aside", async () => {
      const { repository, task, signs } = await kill();
      for (const sign of signs) utimesSync(sign, 1, 1);
      const added = await addWorktree({ ...task.plan, isBranchOurs: true });
      if (added.kind !== "added" || added.setAside === null) throw new Error(JSON.stringify(added));
      expect(readFileSync(join(added.setAside, "README.md"), "utf8")).toBe("# Re");
      expect(readFileSync(join(task.path, "README.md"), "utf8")).toBe("# Read me\n");
      expect(repository.gitIn(task.path, "status", "--porcelain")).toBe("");
    });

    test("is made anew later when no file had been written", async () => {
      const { task, signs } = await kill();
      rmSync(task.path, { recursive: true });
      for (const sign of signs.filter((path) => existsSync(path))) utimesSync(sign, 1, 1);
      expect(await addWorktree({ ...task.plan, isBranchOurs: true })).toMatchObject({ kind: "added", setAside: null });
    });
  });

  test("runs no hook", async () => {
    const repository = createTestRepository();
    const canary = join(dirname(repository.root), "canary");
    for (const hook of ["post-checkout", "reference-transaction", "post-index-change"]) {
      writeProgram(join(repository.root, ".git/hooks", hook), `touch ${canary}`, "exit 1");
    }
    await createTask(repository.root);
    expect(existsSync(canary)).toBe(false);
  });

  test("takes names that are no ASCII, and one with a newline", async () => {
    const files = { "Übung/日本.txt": "1\n", "two\nlines": "2\n", "tab\there": "3\n" };
    const task = await createTask(createTestRepository(files).root);
    for (const [path, content] of Object.entries(files))
      expect(readFileSync(join(task.path, path), "utf8")).toBe(content);
  });
});

describe("a worktree that is verified", () => {
  test("is quarantined when its .git file leads elsewhere", async () => {
    const repository = createTestRepository();
    const task = await createTask(repository.root);
    const evil = join(dirname(repository.root), "evil");
    repository.git("clone", "-q", "--bare", repository.root, evil);
    writeFileSync(join(task.path, ".git"), `gitdir: ${evil}\n`);
    expect(await verifyWorktree(task.plan.commonDir, task.path)).toMatchObject({ kind: "quarantined" });
  });

  test.each([
    ["a directory", (dotGit: string) => mkdirSync(dotGit)],
    ["a link", (dotGit: string) => symlinkSync("/dev/null", dotGit)],
    ["gone", () => {}],
  ])("is quarantined when .git is %s", async (_name, replace) => {
    const task = await createTask(createTestRepository().root);
    rmSync(join(task.path, ".git"));
    replace(join(task.path, ".git"));
    expect(await verifyWorktree(task.plan.commonDir, task.path)).toMatchObject({ kind: "quarantined" });
    expect(await addWorktree({ ...task.plan, isBranchOurs: true })).toMatchObject({ refusal: { kind: "quarantined" } });
  });

  test("is quarantined when a link stands in its place", async () => {
    const task = await createTask(createTestRepository().root);
    renameSync(task.path, `${task.path}-moved`);
    symlinkSync(`${task.path}-moved`, task.path);
    expect(await verifyWorktree(task.plan.commonDir, task.path)).toMatchObject({ kind: "quarantined" });
    expect(lstatSync(task.path).isSymbolicLink()).toBe(true);
  });
});

test("an inspection tells changed, untracked, ignored and hidden files, commits ahead and what is unfinished", async () => {
  const repository = createTestRepository({ ".gitignore": "build/\n*.log\n", a: "1\n", b: "1\n", c: "1\n" });
  const task = await createTask(repository.root);
  repository.commit({ d: "1\n" }, task.path);
  const files = { a: "2\n", c: "2\n", "new/file": "1\n", "build/out": "1\n", "x.log": "1\n" };
  for (const [path, content] of Object.entries(files)) repository.write(path, content, task.path);
  repository.gitIn(task.path, "update-index", "--assume-unchanged", "c");
  const state = await verifyWorktree(task.plan.commonDir, task.path);
  if (state.kind !== "ok") throw new Error(state.kind);
  writeFileSync(join(state.gitDir, "MERGE_HEAD"), `${task.plan.baseCommit}\n`);
  expect(await inspectWorktree({ gitDir: state.gitDir, workTree: task.path }, "main")).toMatchObject({
    head: { kind: "branch", branch: task.branch },
    changed: ["a"],
    untracked: ["new/file"],
    ignored: ["build/", "x.log"],
    hidden: ["c"],
    submodules: [],
    operation: "merge",
    isIndexLocked: false,
    ahead: 1,
  });
});
