import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { git } from "../support/repository.ts";
import { createTaskHome, type TaskHome } from "../support/scripted-tasks.ts";
import { until } from "../support/until.ts";

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/stat`);

/** Ends the daemon as the system would that is out of memory. The next command starts another one. */
async function killDaemon(home: TaskHome): Promise<void> {
  const pid = Number((await home.json(["daemon", "status"])).pid);
  process.kill(pid, "SIGKILL");
  await until(() => !isAlive(pid));
}

/** A daemon that ends itself at a point of a start. */
async function startFaulty(home: TaskHome, point: string): Promise<number> {
  await home.run("daemon", "stop");
  const { code } = await home.cli(["daemon", "start"], { env: { ORCHASTRATION_FAULT: `${point}:daemon` } });
  expect(code).toBe(0);
  return Number((await home.json(["daemon", "status"])).pid);
}

/** Set-ups have the task's name as well. */
const agentsOf = async (home: TaskHome): Promise<readonly { readonly status: string }[]> => {
  const { runs } = (await home.json(["runs"])) as { runs: { argv: string[]; status: string }[] };
  return runs.filter(({ argv }) => argv.some((word) => word.includes("scripted-agent")));
};

const worktreesOf = (home: TaskHome): string[] => {
  const folder = join(home.root, ".orchastration/worktrees");
  return existsSync(folder) ? readdirSync(folder) : [];
};

/** One worktree as git knows it, one branch, one live agent, one finished set-up. */
async function expectStartedOnce(home: TaskHome, name: string): Promise<void> {
  expect(await home.task(name)).toMatchObject({ status: "running", session_live: true });
  expect(worktreesOf(home)).toEqual([name]);
  expect(git(home, home.root, "worktree", "list", "--porcelain").match(/^worktree /gm)).toHaveLength(2);
  expect(git(home, home.root, "branch", "--list", "orchastration/*").trim().split("\n")).toHaveLength(1);
  expect((await agentsOf(home)).filter(({ status }) => status === "running")).toHaveLength(1);
}

test.each(["before-worktree", "after-worktree"])(
  "SIGKILL %s of a start puts the task back; nothing starts by itself, and the next start does everything once",
  async (point) => {
    await using home = await createTaskHome({ project: '[worktrees]\nsetup = ["sh", "-c", "echo x >> set-up"]\n' });
    const name = await home.write("login");
    const pid = await startFaulty(home, point);
    const starting = home.start(["start", name], { cwd: home.root });
    await until(() => !isAlive(pid));
    await starting.outcome;
    const before = await home.reaches(name, "draft");
    expect(before.session_live).toBe(false);
    expect((await agentsOf(home)).map(({ status }) => status)).toEqual(["failed"]);
    const { code, stderr } = await home.run("start", name);
    expect(code, stderr).toBe(0);
    await expectStartedOnce(home, name);
    expect(readFileSync(join(before.worktree, "set-up"), "utf8")).toBe("x\n");
  },
);

test("SIGKILL before the start was answered: the command line asks again, and everything is done once", async () => {
  await using home = await createTaskHome();
  const name = await home.write("login");
  const pid = await startFaulty(home, "after-intent");
  expect(await home.run("start", name)).toMatchObject({ code: 0 });
  // Whoever has to collect the dead one may take its time.
  await until(() => !isAlive(pid));
  await expectStartedOnce(home, name);
});

test("SIGKILL during the set-up puts the task back, and the next start ends the old set-up before the new one", async () => {
  // Lives as long as `hold` does; the lock says whether another one works at the same time.
  await using home = await createTaskHome({
    project: `[worktrees]
setup = ["sh", "-c", 'mkdir lock || exit 9; trap "rmdir lock; exit 8" TERM; echo x >> set-up; while [ -e ../../../hold ]; do sleep 0.02; done; rmdir lock']
`,
  });
  writeFileSync(join(home.root, "hold"), "");
  const name = await home.write("login");
  const { worktree } = await home.task(name);
  const starting = home.start(["start", name], { cwd: home.root });
  await until(() => existsSync(join(worktree, "set-up")));
  await killDaemon(home);
  await starting.outcome;
  await home.reaches(name, "draft");
  const again = home.start(["start", name], { cwd: home.root });
  await until(() => readFileSync(join(worktree, "set-up"), "utf8") === "x\nx\n");
  rmSync(join(home.root, "hold"));
  const { code, stderr } = await again.outcome;
  expect(code, stderr).toBe(0);
  await expectStartedOnce(home, name);
});

test("SIGKILL just after the spawn: the session is adopted, and the task is running", async () => {
  await using home = await createTaskHome();
  const name = await home.write("login");
  const pid = await startFaulty(home, "after-spawn");
  const starting = home.start(["start", name], { cwd: home.root });
  await until(() => !isAlive(pid));
  await starting.outcome;
  await home.reaches(name, "running");
  await expectStartedOnce(home, name);
});

test.each([
  ["running", []],
  ["idle", ["idle"]],
  ["completed", ["complete"]],
  ["failed", ["fail"]],
])("SIGKILL while a task is %s changes nothing: its session goes on", async (status, words) => {
  await using home = await createTaskHome();
  const name = await home.write("login");
  await home.run("start", name);
  if (words.length > 0) await home.run(...words, name);
  const before = await home.task(name);
  await killDaemon(home);
  const { run_id } = before;
  expect(before).toMatchObject({ status, session_live: true });
  expect(await home.task(name)).toMatchObject({ status, session_live: true, run_id });
  await home.run("stop", name);
  expect(await home.task(name)).toMatchObject({ session_live: false });
});

test("SIGKILL while a task is queued leaves it in the queue, from which it starts when there is room", async () => {
  await using home = await createTaskHome({ config: "[limits]\nconcurrency = 1" });
  const [first, second] = [await home.write("first"), await home.write("second")];
  await home.run("start", first);
  await home.run("start", second);
  await killDaemon(home);
  expect((await home.task(second)).status).toBe("queued");
  await home.run("stop", first);
  await home.reaches(second, "running");
  expect((await home.task(first)).status).toBe("stopped");
});

test("a session that ends while no daemon is there makes its task stopped", async () => {
  await using home = await createTaskHome();
  const name = await home.write("login", ["@wait go", "@exit 3"]);
  await home.run("start", name);
  const { worktree } = await home.task(name);
  await home.run("daemon", "stop");
  writeFileSync(join(worktree, "go"), "");
  const agent = (): boolean => home.processes().some((pid) => isAgent(pid));
  await until(() => !agent());
  expect(await home.reaches(name, "stopped")).toMatchObject({ reason: expect.stringContaining("exit code 3") });
});

function isAgent(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("scripted-agent");
  } catch {
    return false;
  }
}
