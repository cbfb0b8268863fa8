import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { canForbid, forbid } from "../support/hostile-disk.ts";
import {
  configureAgents,
  createTaskRepository,
  initTaskRepository,
  refusalOf,
  type TaskRepository,
  type WorkedTask,
} from "../support/task-repository.ts";
import { until } from "../support/until.ts";

let home: Home;
let made = 0;

beforeAll(() => {
  home = createHome();
  configureAgents(home, '[tasks.sample]\nworking_dir = "/tmp"\ncommand = ["true"]\n');
});
afterAll(() => home[Symbol.asyncDispose]());

interface Scene {
  readonly repository: TaskRepository;
  readonly task: WorkedTask;
}

interface SceneFiles {
  readonly files?: Readonly<Record<string, string>>;
  readonly work?: Readonly<Record<string, string | Buffer>>;
}

/** A repository with a completed task that has one commit. */
async function createScene({ files, work }: SceneFiles = {}): Promise<Scene> {
  const repository = await createTaskRepository(home, `repository-${made++}`, files);
  return { repository, task: await repository.complete("work", work) };
}

/** Git's own directory of the task's worktree. */
const gitDirOf = ({ repository, task }: Scene): string =>
  repository.gitIn(task.worktree, "rev-parse", "--absolute-git-dir");

interface Case extends SceneFiles {
  readonly name: string;
  readonly arrange: (scene: Scene) => void;
  readonly args?: readonly string[];
  readonly code?: string;
  readonly message: RegExp;
  /** What to do. */
  readonly hint: RegExp;
}

const inTheWorktree: readonly Case[] = [
  {
    name: "it has no commits",
    work: {},
    arrange: () => {},
    message: /no commits of its own/,
    hint: /Commit the work.*--include-dirty/,
  },
  {
    name: "its commits undo each other",
    arrange: ({ repository, task }) => {
      repository.gitIn(task.worktree, "rm", "-q", "work.txt");
      repository.gitIn(task.worktree, "commit", "-q", "-m", "Undo");
    },
    message: /its commits change nothing/,
    hint: /Commit the work/,
  },
  {
    name: "its worktree has a changed file",
    arrange: ({ repository, task }) => repository.write("shared", "changed\n", task.worktree),
    message: /uncommitted files: shared/,
    hint: /Commit them in .*1-work, or let `orchastration merge 1-work --include-dirty`/,
  },
  {
    name: "its worktree has untracked files",
    arrange: ({ repository, task }) => repository.write("new file", "mine\n", task.worktree),
    message: /uncommitted files: new file/,
    hint: /--include-dirty/,
  },
  {
    name: "its worktree has something staged",
    arrange: ({ repository, task }) => {
      repository.write("staged", "mine\n", task.worktree);
      repository.gitIn(task.worktree, "add", "staged");
    },
    message: /uncommitted files: staged/,
    hint: /--include-dirty/,
  },
  {
    name: "its worktree has a detached HEAD",
    arrange: ({ repository, task }) => repository.gitIn(task.worktree, "switch", "-q", "--detach"),
    message: /no branch checked out instead of its own/,
    hint: /Check its own branch out in/,
  },
  {
    name: "its worktree stands on another branch",
    arrange: ({ repository, task }) => repository.gitIn(task.worktree, "switch", "-q", "-c", "elsewhere"),
    message: /the branch elsewhere checked out/,
    hint: /Check its own branch out in/,
  },
  {
    name: "its worktree's .git file was replaced",
    arrange: ({ task }) => writeFileSync(join(task.worktree, ".git"), "gitdir: /tmp/elsewhere\n"),
    message: /is not the worktree that was made there/,
    hint: /Look at it by hand/,
  },
  {
    name: "a merge is unfinished in its worktree",
    work: { shared: "task\n" },
    arrange: ({ repository, task }) => {
      repository.commit({ shared: "base\n" });
      expect(() => repository.gitIn(task.worktree, "merge", "-q", "main")).toThrow(/Command failed/);
    },
    message: /a merge is unfinished in its worktree/,
    hint: /Finish or abort it in .*1-work/,
  },
  {
    name: "another git works in its worktree",
    arrange: (scene) => writeFileSync(join(gitDirOf(scene), "index.lock"), ""),
    message: /another git works in .*1-work/,
    hint: /index\.lock/,
  },
  {
    name: "its branch was deleted by hand",
    arrange: ({ repository, task }) => repository.git("update-ref", "-d", `refs/heads/${task.branch}`),
    message: /its branch orchastration\/1-work does not exist any more/,
    hint: /git reflog/,
  },
  {
    name: "the dirty files to include hold a repository",
    arrange: ({ repository, task }) => {
      mkdirSync(join(task.worktree, "inner"));
      repository.gitIn(join(task.worktree, "inner"), "init", "-q");
      repository.commit({ mine: "1\n" }, join(task.worktree, "inner"));
    },
    args: ["--include-dirty"],
    message: /repositories of their own: inner/,
    hint: /Move them away/,
  },
  {
    name: "the dirty files to include need a filter of the repository's own configuration",
    files: { ".gitattributes": "*.big filter=own\n" },
    arrange: ({ repository, task }) => {
      repository.git("config", "filter.own.clean", "tr a-z A-Z");
      repository.write("one.big", "large\n", task.worktree);
    },
    args: ["--include-dirty"],
    message: /need filters .*own.*one\.big/,
    hint: /Commit them by hand/,
  },
];

const inTheBase: readonly Case[] = [
  {
    name: "its checkout has a change that the merge touches",
    work: { shared: "task\n" },
    arrange: ({ repository }) => repository.write("shared", "mine\n"),
    message: /checked out in .* with changes that the merge touches: shared/,
    hint: /Commit, stash or move them/,
  },
  {
    name: "its checkout has the change staged",
    work: { shared: "task\n" },
    arrange: ({ repository }) => {
      repository.write("shared", "mine\n");
      repository.git("add", "shared");
    },
    message: /changes that the merge touches: shared/,
    hint: /Commit, stash or move them/,
  },
  {
    name: "its checkout has an untracked file in the way",
    arrange: ({ repository }) => repository.write("work.txt", "mine\n"),
    message: /touches: work\.txt/,
    hint: /Commit, stash or move them/,
  },
  {
    name: "its checkout has an ignored file in the way",
    files: { ".gitignore": "*.out\n" },
    work: { ".gitignore": "*.log\n", "result.out": "the task's\n" },
    arrange: ({ repository }) => repository.write("result.out", "mine\n"),
    message: /touches: result\.out/,
    hint: /Commit, stash or move them/,
  },
  {
    name: "another worktree that has it checked out has such a change",
    work: { shared: "task\n" },
    arrange: ({ repository }) => {
      repository.git("worktree", "add", "-q", "-b", "release", `${repository.root}-release`);
      repository.write("shared", "mine\n", `${repository.root}-release`);
    },
    args: ["--into", "release"],
    message: /checked out in .*-release with changes .*shared/,
    hint: /Commit, stash or move them/,
  },
  {
    name: "the index of its checkout is locked",
    arrange: ({ repository }) => writeFileSync(join(repository.root, ".git/index.lock"), ""),
    message: /another git works in/,
    hint: /Wait for it, or remove .*index\.lock/,
  },
  {
    name: "its ref is locked",
    arrange: ({ repository }) => {
      repository.git("branch", "release");
      writeFileSync(join(repository.root, ".git/refs/heads/release.lock"), "");
    },
    args: ["--into", "release"],
    message: /could not move release/,
    hint: /Try again/,
  },
  {
    name: "a merge is under way in its checkout",
    arrange: ({ repository }) => {
      repository.git("switch", "-q", "-c", "side");
      repository.commit({ shared: "side\n" });
      repository.git("switch", "-q", "main");
      repository.commit({ shared: "base\n" });
      expect(() => repository.git("merge", "-q", "side")).toThrow(/Command failed/);
    },
    message: /a merge is unfinished in/,
    hint: /Finish or abort it there/,
  },
  {
    name: "it is being rebased",
    arrange: ({ repository }) => {
      repository.git("branch", "side");
      repository.commit({ shared: "base\n" });
      repository.git("switch", "-q", "side");
      repository.commit({ shared: "side\n" });
      repository.git("switch", "-q", "main");
      expect(() => repository.git("rebase", "-q", "side")).toThrow(/Command failed/);
    },
    message: /a rebase is unfinished in/,
    hint: /Finish or abort it there/,
  },
  {
    name: "it is checked out twice",
    arrange: ({ repository }) => {
      repository.git("worktree", "add", "-q", "--force", `${repository.root}-again`, "main");
    },
    message: /main is checked out more than once/,
    hint: /Check another branch out in all but one/,
  },
  {
    name: "it was deleted",
    arrange: ({ repository }) => {
      repository.git("switch", "-q", "-c", "other");
      repository.git("branch", "-D", "main");
    },
    message: /there is no branch main/,
    hint: /--into <branch>/,
  },
  {
    name: "--into names none",
    arrange: () => {},
    args: ["--into", "no-such"],
    message: /there is no branch no-such/,
    hint: /--into <branch>/,
  },
  {
    name: "--into names a tag",
    arrange: ({ repository }) => repository.git("tag", "v1"),
    args: ["--into", "v1"],
    message: /there is no branch v1/,
    hint: /--into <branch>/,
  },
  {
    name: "--into looks like an option",
    arrange: () => {},
    args: ["--into=--upload-pack=x"],
    message: /there is no branch --upload-pack=x/,
    hint: /--into <branch>/,
  },
  {
    name: "it has all of it, merged by hand",
    arrange: ({ repository, task }) => repository.git("merge", "-q", "--no-edit", task.branch),
    message: /in the base already \(its commits are part of it\)/,
    hint: /`orchastration remove 1-work` forgets the task and keeps its branch/,
  },
  {
    name: "it has all of it, squashed by hand and changed since",
    work: { shared: "one\nzwei\nthree\n" },
    arrange: ({ repository, task }) => {
      repository.git("merge", "-q", "--squash", task.branch);
      repository.git("commit", "-q", "-m", "By hand");
      repository.commit({ shared: "one\ndeux\nthree\n" });
    },
    message: /in the base already \(squashed into one of its commits\)/,
    hint: /`orchastration remove 1-work`/,
  },
  {
    name: "their histories have nothing in common",
    arrange: ({ repository }) => {
      repository.git("switch", "-q", "--orphan", "apart");
      repository.commit({ other: "1\n" });
    },
    args: ["--into", "apart"],
    message: /no common commit/,
    hint: /merge them by hand/,
  },
  {
    name: "names would be one file where letter case is ignored",
    work: { Readme: "1\n", README: "2\n" },
    arrange: ({ repository }) => repository.git("config", "core.ignorecase", "true"),
    message: /differ in letter case alone/,
    hint: /Rename one of each/,
  },
  {
    name: "a wanted signature fails",
    arrange: ({ repository }) => {
      repository.git("config", "commit.gpgsign", "true");
      repository.git("config", "gpg.format", "ssh");
      repository.git("config", "user.signingkey", "/nowhere/key");
    },
    message: /could not be signed/,
    hint: /commit\.gpgsign/,
  },
];

describe.each([
  ["the task", inTheWorktree],
  ["the base", inTheBase],
] as const)("a merge is refused, says what to do, and changes nothing, because of %s:", (_where, cases) => {
  test.each(cases)("$name", async ({ files, work, arrange, args = [], code = "MergeRefused", message, hint }) => {
    const scene = await createScene({
      ...(files === undefined ? {} : { files }),
      ...(work === undefined ? {} : { work }),
    });
    arrange(scene);
    const refusal = await refusalOf(scene.repository, "merge", "work", ...args);
    expect(refusal).toMatchObject({ exitCode: 1, code });
    expect(refusal.message).toMatch(message);
    expect(refusal.hint).toMatch(hint);
    expect(await scene.task.status()).toBe("completed");
  });
});

describe("a merge is refused, and changes nothing,", () => {
  test("while the agent's session lives; --stop ends it first", async () => {
    const repository = await createTaskRepository(home, "live");
    const { worktree } = (await repository.json("new", "work", "--agent", "waiting", "--start")) as {
      worktree: string;
    };
    repository.commit({ "work.txt": "the work\n" }, worktree);
    await repository.cli("complete", "work");
    await until(async () =>
      readFileSync(join(repository.root, ".orchastration/tasks/1-work.md"), "utf8").includes("status: completed"),
    );
    const refusal = await refusalOf(repository, "merge", "work");
    expect(refusal).toMatchObject({
      exitCode: 1,
      code: "TaskSessionLive",
      hint: expect.stringContaining("merge 1-work --stop"),
    });
    expect((await repository.cli("merge", "work", "--stop")).code).toBe(0);
    expect(await repository.json("status", "work")).toMatchObject({ status: "merged", session_live: false });
    expect(repository.git("show", "main:work.txt")).toBe("the work");
  });

  test("when configuration protects the base, also when --into names it", async () => {
    const { repository } = await createScene();
    repository.write(".orchastration/config.toml", '[merge]\nprotected = ["main", "release"]\n');
    expect((await repository.cli("trust", "--yes")).code).toBe(0);
    repository.git("branch", "release");
    repository.git("branch", "side");
    for (const args of [[], ["--into", "release"]]) {
      const refusal = await refusalOf(repository, "merge", "work", ...args);
      expect(refusal).toMatchObject({ exitCode: 1, code: "MergeRefused" });
      expect(refusal.message).toMatch(/(main|release) is protected by configuration/);
      expect(refusal.hint).toContain("merge.protected");
    }
    expect((await repository.cli("merge", "work", "--into", "side")).code).toBe(0);
    expect(repository.git("show", "side:work.txt")).toBe("the work");
  });

  test("when the task was completed without ever being started", async () => {
    const repository = await createTaskRepository(home, "unstarted");
    await repository.cli("new", "work");
    await repository.cli("complete", "work");
    await until(() =>
      readFileSync(join(repository.root, ".orchastration/tasks/1-work.md"), "utf8").includes("status: completed"),
    );
    expect(await refusalOf(repository, "merge", "work")).toMatchObject({
      exitCode: 1,
      code: "MergeRefused",
      message: expect.stringContaining("no commits of its own"),
    });
  });

  test("when it is a configured task", async () => {
    const repository = await createTaskRepository(home, "configured");
    expect((await repository.cli("start", "sample")).code).toBe(0);
    await until(async () => (await repository.json("status", "sample")).status === "completed");
    const refusal = await refusalOf(repository, "merge", "sample");
    expect(refusal).toMatchObject({ exitCode: 1, code: "MergeRefused" });
    expect(refusal.message).toContain("has no branch");
  });

  test("when nobody has told git a name", async () => {
    await using nameless = createHome();
    configureAgents(nameless);
    rmSync(join(nameless.dir, ".gitconfig"));
    nameless.writeConfig(`${readFileSync(nameless.configFile, "utf8")}\n`);
    const repository = await createTaskRepository(nameless, "repository");
    await repository.complete("work");
    repository.git("config", "user.useConfigOnly", "true");
    const refusal = await refusalOf(repository, "merge", "work");
    expect(refusal).toMatchObject({ exitCode: 1, code: "MergeRefused" });
    expect(refusal.message).toContain("does not know who you are");
    expect(refusal.hint).toContain("user.email");
  });

  test.skipIf(!canForbid)("when the checkout of the base cannot be written", async () => {
    const { repository } = await createScene({
      work: { "folder/work.txt": "the work\n" },
      files: { "folder/a": "1\n" },
    });
    const allow = forbid(join(repository.root, "folder"));
    try {
      const refusal = await refusalOf(repository, "merge", "work");
      expect(refusal).toMatchObject({ exitCode: 1, code: "MergeRefused" });
    } finally {
      allow();
    }
  });

  test("in a shallow clone whose histories part before its edge", async () => {
    const { repository: origin } = await createScene();
    origin.commit({ more: "1\n" });
    origin.git("switch", "-q", "-c", "side", "main~1");
    origin.commit({ side: "1\n" });
    const root = `${origin.root}-shallow`;
    origin.git("clone", "-q", "--depth=1", "--no-single-branch", "-b", "main", `file://${origin.root}`, root);
    const repository = await initTaskRepository(home, root);
    expect((await repository.cli("trust", "--yes")).code).toBe(0);
    repository.git("branch", "side", "origin/side");
    await repository.complete("work");
    const refusal = await refusalOf(repository, "merge", "work", "--into", "side");
    expect(refusal).toMatchObject({ exitCode: 1, code: "MergeRefused" });
    expect(refusal.hint).toContain("git fetch --unshallow");
  });
});

describe("a conflict is listed with its kind, and changes nothing:", () => {
  const binary = (byte: number): Buffer => Buffer.from([0, byte, 0, 255]);

  test.each<{
    kind: string;
    base: Record<string, string | Buffer>;
    work: Record<string, string | Buffer>;
    files: string[];
  }>([
    { kind: "content", base: { shared: "base\n" }, work: { shared: "task\n" }, files: ["shared"] },
    { kind: "binary", base: { image: binary(1) }, work: { image: binary(2) }, files: ["image"] },
    { kind: "content", base: { "ümläut\nfile": "1\n" }, work: { "ümläut\nfile": "2\n" }, files: ['"ümläut\\nfile"'] },
  ])("$kind of $files", async ({ base, work, files, kind }) => {
    const { repository } = await createScene({ work });
    repository.commit(base);
    const refusal = await refusalOf(repository, "merge", "work");
    expect(refusal).toMatchObject({ exitCode: 1, code: "MergeConflict" });
    for (const file of files) expect(refusal.message).toContain(`${file} (${kind})`);
    expect(refusal.message).not.toContain("\n");
    expect(refusal.hint).toContain("merge 1-work --resolve");
  });

  test("deleted in the base, changed in the task", async () => {
    const { repository } = await createScene({ work: { shared: "task\n" } });
    repository.git("rm", "-q", "shared");
    repository.git("commit", "-q", "-m", "Delete");
    const refusal = await refusalOf(repository, "merge", "work");
    expect(refusal).toMatchObject({ exitCode: 1, code: "MergeConflict" });
    expect(refusal.message).toMatch(/shared \(.*delete/);
  });

  test("renamed in both, differently", async () => {
    const { repository, task } = await createScene({ work: {} });
    repository.gitIn(task.worktree, "mv", "shared", "theirs");
    repository.gitIn(task.worktree, "commit", "-q", "-m", "Rename");
    repository.git("mv", "shared", "ours");
    repository.git("commit", "-q", "-m", "Rename");
    const refusal = await refusalOf(repository, "merge", "work");
    expect(refusal).toMatchObject({ exitCode: 1, code: "MergeConflict" });
    expect(refusal.message).toMatch(/\(.*rename/);
  });

  test("by rebase it names the commit that conflicts, where the whole would not", async () => {
    const { repository, task } = await createScene({ work: { shared: "task\n" } });
    const commit = repository.gitIn(task.worktree, "rev-parse", "HEAD");
    repository.commit({ shared: "one\ntwo\nthree\n" }, task.worktree);
    repository.commit({ "work.txt": "1\n" }, task.worktree);
    repository.commit({ shared: "base\n" });
    const refusal = await refusalOf(repository, "merge", "work", "--strategy", "rebase");
    expect(refusal).toMatchObject({ exitCode: 1, code: "MergeConflict" });
    expect(refusal.message).toContain(`at its commit ${commit.slice(0, 8)}`);
  });
});

describe("a repository that has nothing to begin with", () => {
  test("because it has no commit says so, and a start works after the first one", async () => {
    const root = join(home.dir, "empty");
    mkdirSync(root);
    execFileSync("git", ["-C", root, "init", "-q", "-b", "main"], { env: home.env });
    const repository = await initTaskRepository(home, root);
    const { code, stderr } = await repository.cli("new", "work", "--agent", "quick", "--start");
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("no commit yet") });
    expect(stderr).toContain("Make the first one");
    expect(existsSync(join(root, ".orchastration/worktrees"))).toBe(false);
    repository.commit({ first: "1\n" });
    expect((await repository.cli("start", "work")).code).toBe(0);
  });
});

test("a merge of a task file that was deleted by hand still works, with its title as the message", async () => {
  const { repository, task } = await createScene();
  rmSync(join(repository.root, ".orchastration/tasks/1-work.md"));
  const { code, stderr } = await repository.cli("merge", "work");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(repository.git("log", "-1", "--format=%s")).toBe("work");
  expect(await task.status()).toBe("merged");
});

test("wrong words are answered with the right ones", async () => {
  const { repository } = await createScene();
  const strategy = await repository.cli("merge", "work", "--strategy", "octopus");
  expect({ code: strategy.code, stderr: strategy.stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("squash"),
  });
  const unknown = await repository.cli("merge", "wrok");
  expect({ code: unknown.code, stderr: unknown.stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Did you mean work"),
  });
});
