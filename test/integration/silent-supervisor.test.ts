import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { linesOf } from "../support/lines.ts";
import { until } from "../support/until.ts";

/** Supervisors that are suspended under a daemon, as a debugger or Ctrl-Z would, and go on later. */

interface Supervisor {
  readonly id: string;
  readonly pid: number;
  readonly sessions: number;
  readonly responsive: boolean;
}

async function supervisorsOf(home: Home): Promise<readonly Supervisor[]> {
  return (await home.json(["daemon", "status"])).supervisors as Supervisor[];
}

async function onlySupervisor(home: Home): Promise<number> {
  const supervisors = await supervisorsOf(home);
  expect(supervisors).toHaveLength(1);
  return supervisors[0]?.pid ?? 0;
}

/** Suspends a process until the returned value is disposed of, or the process told to go on. */
function suspend(pid: number): Disposable & { goOn(): void } {
  process.kill(pid, "SIGSTOP");
  const goOn = (): void => {
    if (existsSync(`/proc/${pid}`)) process.kill(pid, "SIGCONT");
  };
  return { goOn, [Symbol.dispose]: goOn };
}

const statusOf = async (home: Home, run: string): Promise<unknown> => (await home.json(["show", run])).status;
const reaches = (home: Home, run: string, status: string) => until(async () => (await statusOf(home, run)) === status);

async function startDetached(home: Home, ...args: string[]): Promise<string> {
  return (await home.cli(["run", "--detach", ...args])).stdout.trim();
}

/** Writes a line each time it is started, and ends with 7 when the gate is opened. */
function counted(home: Home): { readonly argv: string[]; starts(): number; open(): void } {
  const [marker, fifo] = [join(home.dir, "started"), join(home.dir, "gate")];
  execFileSync("mkfifo", [fifo]);
  return {
    argv: ["sh", "-c", `echo started >> ${marker}; echo before; read line < ${fifo}; echo after; exit 7`],
    starts: () => linesOf(marker).length,
    open: () => writeFileSync(fifo, "go\n"),
  };
}

/** One that has nothing to do. */
async function startSupervisor(home: Home): Promise<number> {
  await home.cli(["run", "--", "true"]);
  return await onlySupervisor(home);
}

const allAnswer = async (home: Home): Promise<boolean> =>
  (await supervisorsOf(home)).every(({ responsive }) => responsive);

describe("a suspended supervisor", () => {
  test.each([
    ["pipes", []],
    ["a terminal", ["--tty"]],
  ])("loses a new run with %s to another one, which alone starts it", async (_, options) => {
    await using home = createHome();
    const supervisor = await startSupervisor(home);
    using suspended = suspend(supervisor);
    const command = counted(home);
    const run = await startDetached(home, ...options, "--", ...command.argv);
    await reaches(home, run, "running");
    expect(await supervisorsOf(home)).toMatchObject([
      { pid: supervisor, responsive: false },
      { sessions: 1, responsive: true },
    ]);
    const { stdout } = await home.cli(["daemon", "status"]);
    expect(stdout).toMatch(/, does not answer$/m);
    expect(stdout).toContain(`\`kill -CONT ${supervisor}\``);
    // The next one does not wait for it.
    expect((await home.cli(["run", "--", "echo", "next"])).stdout).toBe("next\n");

    suspended.goOn();
    await until(() => allAnswer(home));
    expect((await home.json(["daemon", "status"])).warnings).toEqual([]);
    command.open();
    await reaches(home, run, "failed");
    expect(await home.json(["show", run])).toMatchObject({ exit_code: 7 });
    expect((await home.cli(["logs", run])).stdout.replaceAll("\r", "")).toBe("before\nafter\n");
    expect(command.starts()).toBe(1);
    expect((await home.cli(["doctor"])).code).toBe(0);
  });

  test("starts nothing that failed under another one meanwhile", async () => {
    await using home = createHome();
    const supervisor = await startSupervisor(home);
    using suspended = suspend(supervisor);
    const program = join(home.dir, "program");
    const marker = join(home.dir, "ran");
    // Refused by the kernel now, and fine when the suspended supervisor reads the request.
    writeFileSync(program, "#!/does/not/exist\n", { mode: 0o755 });
    const { code } = await home.cli(["run", "--", program]);
    expect(code).not.toBe(0);
    writeFileSync(program, `#!/bin/sh\necho ran > ${marker}\n`);
    suspended.goOn();
    await until(() => allAnswer(home));
    // Requests are answered in their order.
    expect((await home.cli(["run", "--", "echo", "later"])).stdout).toBe("later\n");
    expect(existsSync(marker)).toBe(false);
  });

  test("does not keep a run from being stopped, and acknowledges it later", async () => {
    await using home = createHome();
    const run = await startDetached(home, "--", "sleep", "600");
    await reaches(home, run, "running");
    const supervisor = await onlySupervisor(home);
    using suspended = suspend(supervisor);
    const stopped = await home.cli(["stop", run]);
    expect(stopped.code).toBe(0);
    expect(await home.json(["show", run])).toMatchObject({ status: "stopped", exit_code: null, signal: null });
    suspended.goOn();
    await until(
      async () => (await allAnswer(home)) && (await supervisorsOf(home)).every(({ sessions }) => sessions === 0),
    );
    expect(await statusOf(home, run)).toBe("stopped");
    expect((await home.cli(["doctor"])).code).toBe(0);
  });

  test("does not keep the command of a terminal from being ended; its end is recorded when it goes on", async () => {
    await using home = createHome();
    const run = await startDetached(
      home,
      "--tty",
      "--",
      "sh",
      "-c",
      "trap 'echo last words; exit 3' TERM; trap '' HUP; echo ready; while :; do sleep 0.1; done",
    );
    await until(async () => (await home.cli(["logs", run])).stdout.includes("ready"));
    using suspended = suspend(await onlySupervisor(home));
    const stopping = home.start(["stop", run]);
    await until(() =>
      home.processes().every((pid) => !readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("last words")),
    );
    expect(await statusOf(home, run)).toBe("stopping");
    const refused = await home.cli(["--json", "session", "send", run, "--text", "x"]);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "SupervisorUnavailable" } });
    suspended.goOn();
    expect((await stopping.outcome).code).toBe(0);
    expect(await home.json(["show", run])).toMatchObject({ status: "stopped", exit_code: 3 });
    expect((await home.cli(["logs", run])).stdout).toContain("last words");
  });

  test("keeps its sessions over a restart of the daemon, and tells how they ended when it goes on", async () => {
    await using home = createHome();
    const command = counted(home);
    const run = await startDetached(home, "--", ...command.argv);
    await reaches(home, run, "running");
    const supervisor = await onlySupervisor(home);
    using suspended = suspend(supervisor);
    expect((await home.cli(["daemon", "restart"])).code).toBe(0);
    expect(await supervisorsOf(home)).toMatchObject([{ pid: supervisor, responsive: false }]);
    expect((await home.cli(["run", "--", "echo", "other"])).stdout).toBe("other\n");
    command.open();
    expect(await statusOf(home, run)).toBe("running");
    suspended.goOn();
    await reaches(home, run, "failed");
    expect(await home.json(["show", run])).toMatchObject({ exit_code: 7, reason: null });
    expect(command.starts()).toBe(1);
    expect((await home.json(["daemon", "status"])).warnings).toEqual([]);
  });

  test("starts nothing for a daemon that died while it waited, once its run has failed", async () => {
    await using home = createHome();
    const supervisor = await startSupervisor(home);
    using suspended = suspend(supervisor);
    const command = counted(home);
    const run = await startDetached(home, "--", ...command.argv);
    process.kill(Number((await home.json(["daemon", "status"])).pid), "SIGKILL");
    await home.cli(["daemon", "start"]);
    suspended.goOn();
    // It answers the new daemon or starts the command, whichever it reads first; the run says which.
    await until(async () => (await statusOf(home, run)) !== "preparing");
    await until(() => allAnswer(home));
    const status = await statusOf(home, run);
    expect(["failed", "running"]).toContain(status);
    expect(command.starts()).toBe(status === "running" ? 1 : 0);
    if (status === "running") command.open();
    await reaches(home, run, "failed");
  });

  test("that is killed instead leaves a run that another one follows", async () => {
    await using home = createHome();
    const command = counted(home);
    const run = await startDetached(home, "--", ...command.argv);
    await reaches(home, run, "running");
    const supervisor = await onlySupervisor(home);
    using _ = suspend(supervisor);
    expect((await home.cli(["daemon", "restart"])).code).toBe(0);
    process.kill(supervisor, "SIGKILL");
    await until(async () =>
      (await supervisorsOf(home)).some(({ sessions, responsive }) => responsive && sessions === 1),
    );
    command.open();
    await reaches(home, run, "lost");
    expect((await home.cli(["logs", run])).stdout).toBe("before\nafter\n");
  });
});
