import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FORGETTING_STEPS, MERGE_STEPS, REMOVAL_STEPS } from "../../packages/daemon/src/domain/fault-point.ts";
import { createHome, type Home } from "../support/home.ts";
import {
  configureAgents,
  createTaskRepository,
  type TaskRepository,
  type WorkedTask,
} from "../support/task-repository.ts";
import { until } from "../support/until.ts";

async function isDead(pid: number): Promise<boolean> {
  return !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
}

/** A daemon that is killed when it gets to this step of git or of the registry. */
async function armDaemon(home: Home, step: string): Promise<() => Promise<void>> {
  await home.cli(["daemon", "stop"]);
  await home.cli(["daemon", "start"], { env: { ORCHASTRATION_FAULT: `${step}:daemon` } });
  const { pid } = await home.json(["daemon", "status"]);
  return () => until(() => isDead(Number(pid)));
}

async function createScene(home: Home): Promise<{ repository: TaskRepository; task: WorkedTask }> {
  configureAgents(home);
  const repository = await createTaskRepository(home, "repository");
  return { repository, task: await repository.complete("work") };
}

async function expectSound(home: Home, repository: TaskRepository): Promise<void> {
  expect(repository.git("fsck", "--strict", "--no-dangling")).toBe("");
  expect(repository.git("status", "--porcelain")).toBe("?? .orchastration/");
  const { findings } = (await home.json(["doctor"])) as { findings: { check: string; status: string }[] };
  expect(findings.find(({ check }) => check === "event chain")).toMatchObject({ status: "ok" });
}

describe("SIGKILL of the daemon during a merge", () => {
  describe.each(["checked out", "nowhere checked out"])("into a base that is %s", (where) => {
    test.each(MERGE_STEPS)("at %s loses nothing; the next command knows what became of it", async (step) => {
      await using home = createHome();
      const { repository, task } = await createScene(home);
      if (where !== "checked out") repository.git("switch", "-q", "-c", "aside");
      writeFileSync(join(task.worktree, "late.txt"), "not committed\n");
      const base = repository.git("rev-parse", "main");
      const killed = await armDaemon(home, step);
      await repository.cli("merge", "work", "--include-dirty");
      await killed();

      const isApplied = step === "merge-applied";
      const before = repository.everything();
      expect(repository.git("rev-parse", "main") !== base).toBe(isApplied);
      expect(await task.status()).toBe(isApplied ? "merged" : "completed");
      // To look at it has changed nothing but the word.
      if (!isApplied) expect(repository.everything()).toEqual(before);

      const { code } = await repository.cli("merge", "work", "--include-dirty");
      expect(code).toBe(isApplied ? 1 : 0);
      expect(await task.status()).toBe("merged");
      expect(repository.git("show", "main:late.txt")).toBe("not committed");
      expect(repository.git("rev-list", "--count", `${base}..main`)).toBe("1");
      await expectSound(home, repository);
    });
  });

  test("and a commit to the base afterwards: a merge that was not applied is done anew", async () => {
    await using home = createHome();
    const { repository, task } = await createScene(home);
    const killed = await armDaemon(home, "merge-intended");
    await repository.cli("merge", "work");
    await killed();
    repository.commit({ shared: "base\n" });
    expect((await repository.cli("merge", "work")).code).toBe(0);
    expect(repository.git("show", "main:work.txt")).toBe("the work");
    expect(repository.git("show", "main:shared")).toBe("base");
    expect(await task.status()).toBe("merged");
  });

  test("and a commit to the base afterwards: a merge that was applied is recognised", async () => {
    await using home = createHome();
    const { repository, task } = await createScene(home);
    const killed = await armDaemon(home, "merge-applied");
    await repository.cli("merge", "work");
    await killed();
    const result = repository.git("rev-parse", "main");
    repository.commit({ shared: "base\n" });
    expect(await task.status()).toBe("merged");
    expect(await repository.json("status", "work")).toMatchObject({ merge_commit: result, merged_into: "main" });
  });

  test("and the merge taken back by hand: it is no merge, and can be repeated", async () => {
    await using home = createHome();
    const { repository, task } = await createScene(home);
    const killed = await armDaemon(home, "merge-applied");
    await repository.cli("merge", "work");
    await killed();
    repository.git("reset", "-q", "--hard", "HEAD~1");
    expect(await task.status()).toBe("completed");
    expect((await repository.cli("merge", "work")).code).toBe(0);
    expect(repository.git("show", "main:work.txt")).toBe("the work");
  });
});

describe("SIGKILL of the daemon during a removal", () => {
  test.each([...REMOVAL_STEPS, ...FORGETTING_STEPS])("at %s loses nothing; gc goes on with it", async (step) => {
    await using home = createHome();
    const { repository, task } = await createScene(home);
    expect((await repository.cli("merge", "work", "--strategy", "merge")).code).toBe(0);
    const head = repository.git("rev-parse", task.branch);
    const killed = await armDaemon(home, step);
    await repository.cli("gc", "--yes");
    await killed();

    expect((await repository.cli("status")).code).toBe(0);
    const { code, stdout } = await repository.cli("gc", "--yes");
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toContain("git branch <name> refs/orchastration/backup/1-work/1");
    expect((await repository.json("gc")).items).toEqual([]);
    expect(existsSync(task.worktree)).toBe(false);
    const folder = join(repository.root, ".orchastration/worktrees");
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
    expect(repository.git("worktree", "list").split("\n")).toHaveLength(1);
    expect(repository.git("branch", "--list", "orchastration/*")).toBe("");
    expect(repository.git("rev-parse", "refs/orchastration/backup/1-work/1")).toBe(head);
    const [kept = ""] = readdirSync(join(home.stateDir, "removed-tasks"));
    expect(kept).toMatch(/-1-work\.md$/);
    expect(readFileSync(join(home.stateDir, "removed-tasks", kept), "utf8")).toContain("title: work");
    expect((await repository.cli("status", "work")).code).toBe(1);
    await expectSound(home, repository);
  });

  test("before the second look: what was written meanwhile is there again, and stays", async () => {
    await using home = createHome();
    const { repository, task } = await createScene(home);
    await repository.cli("merge", "work");
    const killed = await armDaemon(home, "worktree-moved");
    await repository.cli("gc", "--yes");
    await killed();
    const folder = join(repository.root, ".orchastration/worktrees");
    const [moved = ""] = readdirSync(folder);
    writeFileSync(join(folder, moved, "late.txt"), "mine\n");
    const { items } = (await repository.json("gc", "--dry-run")) as { items: { task: string; refusal: string }[] };
    expect(items).toMatchObject([{ task: "1-work", refusal: expect.stringContaining("late.txt") }]);
    expect(readFileSync(join(task.worktree, "late.txt"), "utf8")).toBe("mine\n");
  });
});
