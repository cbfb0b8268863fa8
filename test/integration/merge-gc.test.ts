import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everyByte } from "../support/every-byte.ts";
import { createHome, type Home } from "../support/home.ts";
import {
  configureAgents,
  createTaskRepository,
  refusalOf,
  type TaskRepository,
  type WorkedTask,
} from "../support/task-repository.ts";
import { until } from "../support/until.ts";

let home: Home;
let made = 0;

beforeAll(() => {
  home = createHome();
  configureAgents(home);
});
afterAll(() => home[Symbol.asyncDispose]());

interface Scene {
  readonly repository: TaskRepository;
  readonly task: WorkedTask;
}

/** A repository with a merged task. */
async function createScene(files?: Readonly<Record<string, string>>): Promise<Scene> {
  const repository = await createTaskRepository(home, `repository-${made++}`, files);
  const task = await repository.complete("work");
  expect((await repository.cli("merge", "work")).code).toBe(0);
  await mirrored(repository, "1-work", "merged");
  return { repository, task };
}

async function mirrored({ root }: TaskRepository, name: string, status: string): Promise<void> {
  const file = join(root, ".orchastration/tasks", `${name}.md`);
  await until(() => readFileSync(file, "utf8").includes(`status: ${status}`));
}

interface Item {
  readonly task: string | null;
  readonly refusal: string | null;
  readonly removed: boolean | null;
  readonly backup_ref: string | null;
}

const itemsOf = async (repository: TaskRepository, ...args: readonly string[]): Promise<Item[]> =>
  ((await repository.json("gc", ...args)) as unknown as { items: Item[] }).items;

/** Commits, as far as any ref or log reaches them. */
const commitsOf = ({ root }: TaskRepository): string[] =>
  [...everyByte(root)].filter((entry) => entry.startsWith("commit "));

async function expectCollected({ repository, task }: Scene): Promise<Item> {
  const commits = commitsOf(repository);
  const [item, ...others] = await itemsOf(repository, "--yes");
  expect(others).toEqual([]);
  expect(item).toMatchObject({ task: "1-work", refusal: null, removed: true });
  expect(existsSync(task.worktree)).toBe(false);
  expect(repository.git("branch", "--list", task.branch)).toBe("");
  expect(repository.git("worktree", "list").split("\n")).toHaveLength(1);
  expect(existsSync(join(repository.root, ".orchastration/tasks/1-work.md"))).toBe(false);
  const kept = new Set(commitsOf(repository));
  expect(commits.filter((commit) => !kept.has(commit))).toEqual([]);
  expect(repository.git("fsck", "--strict", "--no-dangling")).toBe("");
  expect((await repository.cli("status", "work")).code).toBe(1);
  return item as Item;
}

describe("gc", () => {
  test("lists, asks, removes worktree, branch and file, and says how to get the work back", async () => {
    const { repository, task } = await createScene();
    const head = repository.git("rev-parse", task.branch);
    const before = repository.everything();
    const listed = await repository.cli("gc", "--dry-run");
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    expect(listed.stdout).toBe(
      `1-work: ${task.worktree}, ${task.branch}, ${join(repository.root, ".orchastration/tasks/1-work.md")}\n`,
    );
    const unasked = await repository.cli("gc");
    expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining("--yes") });
    expect(repository.everything()).toEqual(before);

    const done = await repository.cli("gc", "--yes");
    expect(done.code).toBe(0);
    expect(done.stdout).toContain("Get it back with: `git branch <name> refs/orchastration/backup/1-work/1`");
    repository.git("branch", "again", "refs/orchastration/backup/1-work/1");
    expect(repository.git("rev-parse", "again")).toBe(head);
    expect(repository.git("show", "again:work.txt")).toBe("the work");
    const again = await repository.cli("gc", "--yes");
    expect(again).toMatchObject({ code: 0, stdout: "", stderr: "No merged task is left to clean up.\n" });
  });

  test("keeps the file of the task in the state directory", async () => {
    const scene = await createScene();
    const text = readFileSync(join(scene.repository.root, ".orchastration/tasks/1-work.md"), "utf8");
    await expectCollected(scene);
    const folder = join(home.stateDir, "removed-tasks");
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    expect(texts).toContain(text);
  });

  test("leaves tasks that are not merged, and the user's own branches and worktrees", async () => {
    const scene = await createScene();
    const { repository } = scene;
    const second = await repository.complete("second", { "second.txt": "more\n" });
    repository.git("worktree", "add", "-q", "-b", "orchastration/9-mine", `${repository.root}-mine`);
    repository.git("worktree", "add", "-q", "-b", "mine", join(repository.root, ".orchastration/worktrees/9-mine"));
    expect(await itemsOf(repository, "--yes")).toMatchObject([{ task: "1-work", removed: true }]);
    expect(existsSync(second.worktree)).toBe(true);
    expect(repository.git("branch", "--format=%(refname:short)").split("\n")).toEqual([
      "main",
      "mine",
      "orchastration/2-second",
      "orchastration/9-mine",
    ]);
    expect(repository.git("worktree", "list").split("\n")).toHaveLength(4);
  });

  test("never gives the number of a removed task again", async () => {
    const scene = await createScene();
    await expectCollected(scene);
    expect((await scene.repository.json("new", "work")).name).toBe("2-work");
  });

  test("takes ignored files with the worktree, and leaves a stash", async () => {
    const scene = await createScene({ ".gitignore": "out/\n", shared: "1\n" });
    const { repository, task } = scene;
    repository.write("out/main.o", "object\n", task.worktree);
    repository.write("shared", "stashed\n", task.worktree);
    repository.gitIn(task.worktree, "stash", "-q");
    await expectCollected(scene);
    expect(repository.git("show", "stash@{0}:shared")).toBe("stashed");
  });

  test("collects when the worktree's directory was removed by hand", async () => {
    const scene = await createScene();
    rmSync(scene.task.worktree, { recursive: true });
    const head = scene.repository.git("rev-parse", scene.task.branch);
    const { backup_ref: ref } = await expectCollected(scene);
    expect(scene.repository.git("rev-parse", String(ref))).toBe(head);
  });

  test("collects when both are gone by hand", async () => {
    const scene = await createScene();
    rmSync(scene.task.worktree, { recursive: true });
    scene.repository.git("worktree", "prune");
    scene.repository.git("branch", "-q", "-D", scene.task.branch);
    await expectCollected(scene);
  });

  test("collects when the task's file was deleted by hand", async () => {
    const scene = await createScene();
    rmSync(join(scene.repository.root, ".orchastration/tasks/1-work.md"));
    await expectCollected(scene);
  });

  test("keeps commits that were made after the merge, or reset away", async () => {
    const scene = await createScene();
    const { repository, task } = scene;
    const lost = repository.commit({ lost: "1\n" }, task.worktree);
    repository.gitIn(task.worktree, "reset", "-q", "--hard", "HEAD~1");
    const later = repository.commit({ later: "1\n" }, task.worktree);
    await expectCollected(scene);
    const kept = repository.git("for-each-ref", "--format=%(objectname)", "refs/orchastration/backup");
    expect(kept).toContain(lost);
    expect(kept).toContain(later);
  });

  test("removes links of the worktree, and nothing behind them", async () => {
    const scene = await createScene({ ".gitignore": "linked\n", shared: "1\n" });
    const precious = join(home.dir, `precious-${made}`);
    mkdirSync(precious);
    writeFileSync(join(precious, "file"), "mine\n");
    symlinkSync(precious, join(scene.task.worktree, "linked"));
    await expectCollected(scene);
    expect(readFileSync(join(precious, "file"), "utf8")).toBe("mine\n");
  });

  test("lists the directory of an interrupted removal that no task holds any more, and removes it", async () => {
    const scene = await createScene();
    const { repository, task } = scene;
    await repository.complete("second", {});
    await expectOnly(repository, "--yes");
    const leftover = join(task.worktree, "../.removed-1-work-0123abcd");
    mkdirSync(join(leftover, "folder"), { recursive: true });
    writeFileSync(join(leftover, "folder/file"), "judged\n");
    const listed = await repository.cli("gc", "--dry-run");
    expect(listed).toMatchObject({ code: 0 });
    expect(listed.stdout).toMatch(/^leftover: .*\.removed-1-work-0123abcd\n$/);
    expect(existsSync(leftover)).toBe(true);
    const { code, stdout } = await repository.cli("gc", "--yes");
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("is removed.") });
    expect(existsSync(leftover)).toBe(false);
  });

  async function expectOnly(repository: TaskRepository, ...args: readonly string[]): Promise<void> {
    expect(await itemsOf(repository, ...args)).toMatchObject([{ task: "1-work", removed: true }]);
  }
});

interface Stay {
  readonly name: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly arrange: (scene: Scene) => void;
  readonly why: RegExp;
}

const stays: readonly Stay[] = [
  {
    name: "a changed file",
    arrange: ({ repository, task }) => repository.write("shared", "mine\n", task.worktree),
    why: /uncommitted files: shared; commit or remove them/,
  },
  {
    name: "an untracked file",
    arrange: ({ repository, task }) => repository.write("new", "mine\n", task.worktree),
    why: /uncommitted files: new/,
  },
  {
    name: "something staged",
    arrange: ({ repository, task }) => {
      repository.write("shared", "staged\n", task.worktree);
      repository.gitIn(task.worktree, "add", "shared");
      repository.write("shared", "one\ntwo\nthree\n", task.worktree);
    },
    why: /uncommitted files: shared/,
  },
  {
    name: "a change that git was told not to see",
    arrange: ({ repository, task }) => {
      repository.gitIn(task.worktree, "update-index", "--assume-unchanged", "shared");
      repository.write("shared", "mine\n", task.worktree);
    },
    why: /assume-unchanged.*shared/,
  },
  {
    name: "an unfinished merge",
    arrange: ({ repository, task }) => {
      repository.commit({ "work.txt": "task\n" }, task.worktree);
      repository.commit({ "work.txt": "base\n" });
      expect(() => repository.gitIn(task.worktree, "merge", "-q", "main")).toThrow(/Command failed/);
    },
    why: /a merge is unfinished in its worktree; finish or abort it/,
  },
  {
    name: "a locked index",
    arrange: ({ repository, task }) =>
      writeFileSync(join(repository.gitIn(task.worktree, "rev-parse", "--absolute-git-dir"), "index.lock"), ""),
    why: /another git works in its worktree, or died there: .*index\.lock/,
  },
  {
    name: "git's own lock",
    arrange: ({ repository, task }) => repository.git("worktree", "lock", "--reason", "on a stick", task.worktree),
    why: /locked \(on a stick\); `git worktree unlock`/,
  },
  {
    name: "a repository in an ignored directory",
    files: { ".gitignore": "vendor/\n", shared: "1\n" },
    arrange: ({ repository, task }) => {
      mkdirSync(join(task.worktree, "vendor/inner"), { recursive: true });
      repository.gitIn(join(task.worktree, "vendor/inner"), "init", "-q");
    },
    why: /repositories whose commits may exist nowhere else: .*vendor\/inner/,
  },
  {
    name: "a .git file that was replaced",
    arrange: ({ task }) => writeFileSync(join(task.worktree, ".git"), "gitdir: /tmp/elsewhere\n"),
    why: /not what was made there: .*look at it by hand/,
  },
  {
    name: "a link in its place",
    arrange: ({ task }) => {
      renameSync(task.worktree, `${task.worktree}-moved`);
      symlinkSync(`${task.worktree}-moved`, task.worktree);
    },
    why: /symbolic link; look at it by hand/,
  },
  {
    name: "its branch, deleted by hand: nothing says any more what is committed",
    arrange: ({ repository, task }) => repository.git("update-ref", "-d", `refs/heads/${task.branch}`),
    why: /uncommitted files: README\.md, shared, work\.txt/,
  },
  {
    name: "a directory that git does not list",
    arrange: ({ repository, task }) => {
      rmSync(task.worktree, { recursive: true });
      repository.git("worktree", "prune");
      mkdirSync(task.worktree);
      writeFileSync(join(task.worktree, "file"), "mine\n");
    },
    why: /does not list .* among the worktrees.*look at it by hand/,
  },
];

describe("gc leaves a worktree, says why, and loses nothing, because of", () => {
  test.each(stays)("$name", async ({ files, arrange, why }) => {
    const scene = await createScene(files);
    arrange(scene);
    const { repository } = scene;
    const before = repository.everything();
    const listed = await repository.cli("gc", "--dry-run");
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(why) });
    const [item] = await itemsOf(repository, "--yes");
    expect(item).toMatchObject({ task: "1-work", removed: null, refusal: expect.stringMatching(why) });
    const refusal = await refusalOf(repository, "remove", "work", "--yes");
    expect(refusal).toMatchObject({ exitCode: 1, code: "RemovalRefused", message: expect.stringMatching(why) });
    expect(repository.everything()).toEqual(before);
    expect((await repository.json("status", "work")).status).toBe("merged");
  });

  test("a session that lives in it", async () => {
    const repository = await createTaskRepository(home, "live");
    const { worktree } = (await repository.json("new", "work", "--agent", "waiting", "--start")) as {
      worktree: string;
    };
    repository.commit({ "work.txt": "1\n" }, worktree);
    await repository.cli("complete", "work");
    await mirrored(repository, "1-work", "completed");
    const refusal = await refusalOf(repository, "remove", "work", "--yes");
    expect(refusal).toMatchObject({ exitCode: 1, code: "TaskSessionLive" });
    expect(refusal.hint).toMatch(/`orchastration stop \w{12}`/);
    expect((await repository.cli("merge", "work", "--stop")).code).toBe(0);
    await mirrored(repository, "1-work", "merged");
    expect(await itemsOf(repository, "--yes")).toMatchObject([{ task: "1-work", removed: true }]);
  });

  test.each([
    ["exec", (worktree: string) => ({ args: ["exec", "work", "--detach", "--"], cwd: join(worktree, "../../..") })],
    ["run", (worktree: string) => ({ args: ["run", "--detach", "--"], cwd: worktree })],
  ])("a command that %s started in it", async (_command, begin) => {
    const scene = await createScene();
    const { repository, task } = scene;
    const { args, cwd } = begin(task.worktree);
    const run = (await home.cli([...args, "sleep", "600"], { cwd })).stdout.trim();
    const before = repository.everything();
    const [item] = await itemsOf(repository, "--yes");
    expect(item).toMatchObject({ task: "1-work", removed: null, refusal: expect.stringContaining(`stop ${run}`) });
    const refusal = await refusalOf(repository, "remove", "work", "--yes");
    expect(refusal).toMatchObject({
      exitCode: 1,
      code: "TaskSessionLive",
      hint: expect.stringContaining(`stop ${run}`),
    });
    expect(repository.everything()).toEqual(before);
    expect((await repository.cli("stop", run)).code).toBe(0);
    await until(async () => (await repository.json("show", run)).status === "stopped");
    await expectCollected(scene);
  });

  test("its branch, which is checked out elsewhere", async () => {
    const scene = await createScene();
    const { repository, task } = scene;
    const head = repository.git("rev-parse", task.branch);
    repository.gitIn(task.worktree, "switch", "-q", "--detach");
    repository.git("worktree", "add", "-q", `${repository.root}-other`, task.branch);
    const { code, stdout } = await repository.cli("gc", "--yes");
    expect({ code, stdout }).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`${task.branch} is checked out in`),
    });
    // What only its own worktree held is gone, under a backup ref; branch and task are as they were.
    expect(repository.git("rev-parse", task.branch)).toBe(head);
    expect((await repository.json("status", "work")).status).toBe("merged");
    repository.git("worktree", "remove", `${repository.root}-other`);
    expect(await itemsOf(repository, "--yes")).toMatchObject([{ task: "1-work", removed: true }]);
  });
});

describe("remove", () => {
  test("forgets a draft, and keeps its file", async () => {
    const repository = await createTaskRepository(home, "draft");
    await repository.cli("new", "idea", "--message", "Unmistakable words.");
    expect(await repository.json("remove", "idea", "--yes")).toEqual({ name: "1-idea", backup_ref: null });
    expect(existsSync(join(repository.root, ".orchastration/tasks/1-idea.md"))).toBe(false);
    const folder = join(home.stateDir, "removed-tasks");
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    expect(texts.filter((text) => text.includes("Unmistakable words."))).toHaveLength(1);
    expect((await repository.json("new", "idea")).name).toBe("2-idea");
  });

  test.each(["completed", "failed"])("forgets a %s task that was not merged, and keeps its commits", async (status) => {
    const repository = await createTaskRepository(home, `removed-${status}`);
    const task = await repository.complete("work");
    if (status === "failed") {
      await repository.cli("fail", "work", "--reason", "no use");
      await mirrored(repository, "1-work", "failed");
    }
    const head = repository.git("rev-parse", task.branch);
    const { code, stderr } = await repository.cli("remove", "work", "--yes");
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("git branch <name> refs/orchastration/backup/1-work/1"),
    });
    expect(repository.git("rev-parse", "refs/orchastration/backup/1-work/1")).toBe(head);
    expect(existsSync(task.worktree)).toBe(false);
    expect(repository.git("branch", "--list", task.branch)).toBe("");
    expect(repository.git("rev-parse", "main")).toBe(repository.git("rev-parse", `${head}~1`));
  });

  test("asks for a yes, and is refused without one", async () => {
    const repository = await createTaskRepository(home, "unsure");
    await repository.complete("work");
    expect(await refusalOf(repository, "remove", "work")).toMatchObject({ exitCode: 1, code: "NotConfirmed" });
  });

  test("twice at once removes it once", async () => {
    const repository = await createTaskRepository(home, "twice");
    await repository.complete("work");
    const both = await Promise.all([1, 2].map(() => repository.cli("remove", "work", "--yes")));
    expect(new Set(both.map(({ code }) => code))).toEqual(new Set([0, 1]));
    expect(both.find(({ code }) => code === 1)?.stderr).toMatch(/no task/);
  });
});
