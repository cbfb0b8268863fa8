import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  COMMIT_STEPS,
  FORGETTING_STEPS,
  MERGE_STEPS,
  REMOVAL_STEPS,
  RUN_STEPS,
  WORKTREE_STEPS,
} from "../../packages/daemon/src/domain/fault-point.ts";
import { createHome, type Home } from "../support/home.ts";
import { createTaskHome } from "../support/scripted-tasks.ts";
import { configureAgents, createTaskRepository } from "../support/task-repository.ts";
import { until } from "../support/until.ts";
import { expectSound, failureAt, startFaultyDaemon } from "./faulty-daemon.ts";
import { createTroublemaker } from "./troubled-daemon.ts";

const isWhole = process.env.ORCHASTRATION_SURVIVAL !== undefined;
/** The quick ones of those that take a repository. */
const some = <Step extends string>(steps: readonly Step[], ...quick: readonly Step[]): readonly Step[] =>
  isWhole ? steps : quick;

async function runsOf(home: Home): Promise<readonly Record<string, unknown>[]> {
  return (await home.json(["runs"])).runs as Record<string, unknown>[];
}

const LIVE = new Set(["queued", "preparing", "running", "stopping"]);

describe("an error of the system while a run passes a step", () => {
  test.each([...RUN_STEPS, ...COMMIT_STEPS])("%s", async (step) => {
    await using home = createHome();
    const daemon = await startFaultyDaemon(home);
    const marker = join(home.dir, "ran");
    daemon.failAt(step);
    const { code, stdout, stderr } = await home.cli([
      "run",
      "--",
      "sh",
      "-c",
      `echo ran >> ${marker}; echo out; exit 5`,
    ]);
    await daemon.untilFailed();
    await until(async () => (await runsOf(home)).every(({ status }) => !LIVE.has(String(status))));
    const runs = await runsOf(home);
    const told = { code, ran: existsSync(marker), statuses: runs.map(({ status }) => status) };
    switch (step) {
      case "before-intent":
      case "before-commit":
        expect(told).toEqual({ code: 1, ran: false, statuses: [] });
        expect(stderr).toContain(failureAt(step));
        break;
      case "after-intent":
        expect(told).toEqual({ code: 1, ran: false, statuses: ["failed"] });
        expect(stderr).toContain(failureAt(step));
        expect(runs[0]?.reason).toContain(failureAt(step));
        break;
      case "after-spawn":
      case "after-exit":
      case "after-outcome":
        expect({ ...told, stdout }).toEqual({ code: 5, ran: true, statuses: ["failed"], stdout: "out\n" });
        expect(runs[0]).toMatchObject({ exit_code: 5 });
        break;
      case "after-commit":
      case "before-publish":
        // What the daemon knew is not what is on disk: it ends, the next one takes over, and the client has come back to that.
        expect(readFileSync(join(home.dir, ".cache/orchastration/orchastration.log"), "utf8")).toContain(
          failureAt(step),
        );
        expect(told.statuses.length).toBeLessThanOrEqual(2);
        expect((told.ran ? readFileSync(marker, "utf8") : "").split("\n").length - 1).toBeLessThanOrEqual(1);
        break;
    }
    await expectSound(home);
  });
});

describe("an error of the system while the worktree of a task is made", () => {
  test.each(some(WORKTREE_STEPS, "after-worktree"))("%s", async (step) => {
    await using home = await createTaskHome();
    const name = await home.write("login");
    const daemon = await startFaultyDaemon(home);
    daemon.failAt(step);
    const { code, stderr } = await home.run("start", name);
    await daemon.untilFailed();
    expect(code, stderr).not.toBe(0);
    expect(stderr).toContain(failureAt(step));
    expect(await home.reaches(name, "failed")).toMatchObject({
      session_live: false,
      reason: expect.stringContaining(failureAt(step)),
    });
    const again = await home.run("start", name);
    expect(again.code, again.stderr).toBe(0);
    expect(await home.reaches(name, "running")).toMatchObject({ session_live: true });
    await home.run("stop", name);
    await expectSound(home);
  });
});

describe("an error of the system during a merge", () => {
  test.each(some(MERGE_STEPS, "merge-intended", "merge-applied"))("%s", async (step) => {
    await using home = createHome();
    configureAgents(home);
    const repository = await createTaskRepository(home, "repository");
    const task = await repository.complete("work");
    writeFileSync(join(task.worktree, "late.txt"), "not committed\n");
    const base = repository.git("rev-parse", "main");
    const daemon = await startFaultyDaemon(home);
    daemon.failAt(step);
    const { code, stderr } = await repository.cli("merge", "work", "--include-dirty");
    await daemon.untilFailed();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(failureAt(step)) });
    const isApplied = step === "merge-applied";
    expect(repository.git("rev-parse", "main") !== base).toBe(isApplied);
    expect(await task.status()).toBe(isApplied ? "merged" : "completed");
    expect((await repository.cli("merge", "work", "--include-dirty")).code).toBe(isApplied ? 1 : 0);
    expect(await task.status()).toBe("merged");
    expect(repository.git("show", "main:late.txt")).toBe("not committed");
    expect(repository.git("rev-list", "--count", `${base}..main`)).toBe("1");
    expect(repository.git("fsck", "--strict", "--no-dangling")).toBe("");
    expect(repository.git("status", "--porcelain")).toBe("?? .orchastration/");
    await expectSound(home);
  });
});

describe("an error of the system during a removal", () => {
  test.each(some([...REMOVAL_STEPS, ...FORGETTING_STEPS], "worktree-moved", "lease-released"))("%s", async (step) => {
    await using home = createHome();
    configureAgents(home);
    const repository = await createTaskRepository(home, "repository");
    const task = await repository.complete("work");
    expect((await repository.cli("merge", "work", "--strategy", "merge")).code).toBe(0);
    const head = repository.git("rev-parse", task.branch);
    const daemon = await startFaultyDaemon(home);
    daemon.failAt(step);
    const { code, stdout, stderr } = await repository.cli("gc", "--yes");
    await daemon.untilFailed();
    expect({ code, said: `${stdout}${stderr}` }).toEqual({ code: 1, said: expect.stringContaining(failureAt(step)) });
    const folder = join(repository.root, ".orchastration/worktrees");
    const names = existsSync(folder) ? readdirSync(folder) : [];
    // Where it was, or gone: nothing is left aside.
    expect([[], ["1-work"]]).toContainEqual(names);

    const again = await repository.cli("gc", "--yes");
    expect(again.code, again.stderr).toBe(0);
    expect((await repository.json("gc")).items).toEqual([]);
    expect(existsSync(task.worktree)).toBe(false);
    expect(repository.git("worktree", "list").split("\n")).toHaveLength(1);
    expect(repository.git("branch", "--list", "orchastration/*")).toBe("");
    expect(repository.git("rev-parse", "refs/orchastration/backup/1-work/1")).toBe(head);
    expect(readdirSync(join(home.stateDir, "removed-tasks"))).toEqual([expect.stringMatching(/-1-work\.md$/)]);
    await expectSound(home);
  });
});

test("a removal that fails, and cannot be taken back, says why it failed; the next one goes on", async () => {
  await using home = createHome();
  configureAgents(home);
  const repository = await createTaskRepository(home, "repository");
  const task = await repository.complete("work");
  expect((await repository.cli("merge", "work", "--strategy", "merge")).code).toBe(0);
  await home.cli(["daemon", "stop"]);
  const trouble = createTroublemaker(home);
  await trouble.startDaemon("worktree-moved:daemon:EIO");
  trouble.arm({ role: "daemon", call: "rename", path: "/worktrees/1-work$", action: "EIO" });
  const { code, stdout, stderr } = await repository.cli("gc", "--yes");
  const said = expect.stringContaining(failureAt("worktree-moved"));
  expect({ code, said: `${stdout}${stderr}` }).toEqual({ code: 1, said });
  trouble.disarm();
  const again = await repository.cli("gc", "--yes");
  expect(again.code, again.stderr).toBe(0);
  expect(existsSync(task.worktree)).toBe(false);
  await expectSound(home);
});
