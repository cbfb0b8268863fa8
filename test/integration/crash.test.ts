import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { until } from "../support/until.ts";

/** Waits until somebody opens the fifo for writing: the command has got there. */
const gate = (home: Home, name: string): string => {
  const path = join(home.dir, name);
  execFileSync("mkfifo", [path]);
  return path;
};

async function daemonPid(home: Home): Promise<number> {
  return Number((await home.json(["daemon", "status"])).pid);
}

function supervisorPids(home: Home): number[] {
  const directory = join(home.stateDir, "supervisors");
  return readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as { process: { pid: number } })
    .map((endpoint) => endpoint.process.pid);
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

/** Prints a line, waits for the gate to be opened, prints another one and ends with 7. */
const waiting = (path: string): string[] => ["sh", "-c", `echo before; read line < ${path}; echo after; exit 7`];

const open = (path: string): void => writeFileSync(path, "go\n");

async function startWaiting(home: Home, path: string): Promise<string> {
  const { stdout } = await home.cli(["run", "--detach", "--", ...waiting(path)]);
  const id = stdout.trim();
  await until(async () => (await home.json(["show", id])).status === "running");
  return id;
}

async function expectSoundRegistry(home: Home): Promise<void> {
  const { findings } = (await home.json(["doctor"])) as {
    findings: { check: string; status: string; message: string }[];
  };
  expect(findings.find(({ check }) => check === "event chain")).toMatchObject({ status: "ok" });
  const { runs } = (await home.json(["runs"])) as { runs: { status: string }[] };
  expect(runs.filter(({ status }) => ["queued", "preparing", "running", "stopping"].includes(status))).toEqual([]);
}

describe("SIGKILL of the daemon", () => {
  test("the job goes on, and the waiting client ends with its code and its whole output", async () => {
    await using home = createHome();
    const path = gate(home, "gate");
    const client = home.start(["run", "--", ...waiting(path)]);
    await until(() => existsLive(home));
    process.kill(await daemonPid(home), "SIGKILL");
    open(path);
    const { code, stdout, stderr } = await client.outcome;
    expect({ code, stdout }).toEqual({ code: 7, stdout: "before\nafter\n" });
    expect(stderr).toContain("exit=7");
    await expectSoundRegistry(home);
  });

  test("a job that ends while no daemon is there is recorded by the next command", async () => {
    await using home = createHome();
    const path = gate(home, "gate");
    const id = await startWaiting(home, path);
    const pid = await daemonPid(home);
    process.kill(pid, "SIGKILL");
    await until(() => !isAlive(pid));
    const [supervisor = 0] = supervisorPids(home);
    open(path);
    await until(() => !isAlive(supervisor));
    const record = await home.json(["show", id]);
    expect(record).toMatchObject({ status: "failed", exit_code: 7 });
    expect(readFileSync(String(record.stdout_path), "utf8")).toBe("before\nafter\n");
    await expectSoundRegistry(home);
  });
});

describe("SIGBUS of the daemon", () => {
  test("whose registry's shared memory somebody cut off loses nothing", async () => {
    await using home = createHome();
    const path = gate(home, "gate");
    const client = home.start(["run", "--", ...waiting(path)]);
    await until(() => existsLive(home));
    const first = await daemonPid(home);
    truncateSync(join(home.stateDir, "registry.db-shm"));
    open(path);
    const { code, stdout } = await client.outcome;
    expect({ code, stdout }).toEqual({ code: 7, stdout: "before\nafter\n" });
    expect(isAlive(first)).toBe(false);
    await expectSoundRegistry(home);
  });
});

describe("SIGKILL of the supervisor", () => {
  test("the command goes on to its end, its output is complete, the run is lost and says so", async () => {
    await using home = createHome();
    const path = gate(home, "gate");
    const id = await startWaiting(home, path);
    const before = await daemonPid(home);
    for (const pid of supervisorPids(home)) process.kill(pid, "SIGKILL");
    const other = await home.cli(["run", "--", "echo", "still working"]);
    expect({ code: other.code, stdout: other.stdout }).toEqual({ code: 0, stdout: "still working\n" });
    open(path);
    const followed = await home.cli(["logs", id, "--follow"]);
    expect(followed.stdout).toBe("before\nafter\n");
    const record = await home.json(["show", id]);
    expect(record).toMatchObject({ status: "lost", exit_code: null });
    expect(record.reason).toMatch(/supervisor/);
    expect(await daemonPid(home)).toBe(before);
    await expectSoundRegistry(home);
  });

  test("a lost run can still be stopped", async () => {
    await using home = createHome();
    const { stdout } = await home.cli(["run", "--detach", "--", "sleep", "600"]);
    const id = stdout.trim();
    await until(async () => (await home.json(["show", id])).status === "running");
    for (const pid of supervisorPids(home)) process.kill(pid, "SIGKILL");
    await until(() => supervisorPids(home).some(isAlive));
    expect((await home.cli(["stop", id])).code).toBe(0);
    await home.cli(["logs", id, "--follow"]);
    expect((await home.json(["show", id])).status).toBe("lost");
    expect(home.processes().filter((pid) => commandOf(pid).includes("sleep"))).toEqual([]);
  });
});

describe.each(["daemon", "all"])("SIGKILL of %s at a named step", (victims) => {
  test.each(["before-intent", "after-intent", "after-spawn", "after-exit", "after-outcome"])("%s", async (point) => {
    await using home = createHome();
    await home.cli(["daemon", "start"], { env: { ORCHASTRATION_FAULT: `${point}:${victims}` } });
    const first = await daemonPid(home);
    // The client comes back to a new daemon by itself; it may end in any way but a crash.
    const marker = join(home.dir, "ran");
    await home.cli(["run", "--", "sh", "-c", `echo ran >> ${marker}; echo out; exit 5`]);
    await until(() => !isAlive(first));
    await home.cli(["daemon", "start"]);
    await until(async () => {
      const { runs } = (await home.json(["runs"])) as { runs: { status: string }[] };
      return runs.every(({ status }) => !["queued", "preparing", "running", "stopping"].includes(status));
    });
    const { runs } = (await home.json(["runs"])) as { runs: Record<string, unknown>[] };
    const times = readFileIfPresent(marker).split("\n").length - 1;
    // No command without an intent, and none run twice.
    expect(times).toBeLessThanOrEqual(runs.length);
    for (const run of runs) {
      if (["failed", "succeeded"].includes(String(run.status)) && run.exit_code !== null) {
        expect(run.exit_code).toBe(5);
        expect(readFileSync(String(run.stdout_path), "utf8")).toBe("out\n");
      }
    }
    if (victims === "daemon" && point !== "before-intent" && point !== "after-intent") {
      expect(runs[0]).toMatchObject({ status: "failed", exit_code: 5 });
    }
    await expectSoundRegistry(home);
  });
});

function existsLive(home: Home): Promise<boolean> {
  return home.json(["runs"]).then((document) => {
    const { runs } = document as { runs: { status: string }[] };
    return runs.some(({ status }) => status === "running");
  });
}

function commandOf(pid: number): string {
  return readFileIfPresent(`/proc/${pid}/cmdline`);
}

function readFileIfPresent(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
