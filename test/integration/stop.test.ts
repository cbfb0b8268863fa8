import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home, type RunningCli } from "../support/home.ts";
import { until } from "../support/until.ts";

let home: Home;
beforeAll(() => {
  home = createHome();
  home.writeConfig("[daemon]\nstop_grace_seconds = 0.3\n");
});
afterAll(() => home[Symbol.asyncDispose]());

/** Pids of living processes that carry the marker of this run. */
function membersOf(run: string): number[] {
  return home.processes(`ORCHASTRATION_RUN_ID=${run}`);
}

const statusOf = async (run: string): Promise<unknown> => (await home.json(["show", run])).status;

async function startDetached(argv: readonly string[], members: number): Promise<string> {
  const { stdout } = await home.cli(["run", "--detach", "--", ...argv]);
  const run = stdout.trim();
  await until(() => membersOf(run).length >= members);
  return run;
}

const FAMILIES: readonly (readonly [string, readonly string[], number])[] = [
  ["a process that ignores SIGTERM", ["sh", "-c", "trap '' TERM; while :; do sleep 600; done"], 2],
  ["a descendant in a session of its own", ["sh", "-c", "setsid sleep 601 & sleep 602"], 3],
  [
    "a descendant that ignores SIGTERM in a session of its own",
    ["sh", "-c", "setsid sh -c \"trap '' TERM; sleep 603\" & wait"],
    3,
  ],
  ["a double-forked daemon", ["sh", "-c", "(setsid sh -c 'sleep 604 & exit 0' &) ; sleep 605"], 3],
  ["a stopped process", ["sh", "-c", "sleep 606 & kill -STOP $!; wait"], 2],
];

describe("no descendant is left", () => {
  test.each(FAMILIES)("after a stop: %s", async (_name, argv, members) => {
    const run = await startDetached(argv, members);
    const { code } = await home.cli(["stop", run]);
    expect(code).toBe(0);
    await home.cli(["logs", run, "--follow"]);
    expect(await statusOf(run)).toBe("stopped");
    expect(membersOf(run)).toEqual([]);
  });

  test.each(FAMILIES)("after a timeout: %s", async (_name, argv) => {
    const { code } = await home.cli(["run", "--timeout", "0.5", "--", ...argv]);
    expect(code).toBe(124);
    const { runs } = (await home.json(["runs", "--limit", "1"])) as { runs: { run_id: string }[] };
    expect(membersOf(runs[0]?.run_id ?? "none")).toEqual([]);
  });
});

describe("Ctrl-C of a waiting client", () => {
  async function startFollowing(argv: readonly string[]): Promise<{ client: RunningCli; run: string }> {
    const client = home.start(["run", "--", ...argv]);
    const stdout = client.process.stdout;
    if (stdout === null) throw new Error("no output");
    await new Promise((resolve) => stdout.once("data", resolve));
    const { runs } = (await home.json(["runs", "--limit", "1"])) as { runs: { run_id: string }[] };
    return { client, run: runs[0]?.run_id ?? "none" };
  }

  test.each(["SIGINT", "SIGTERM"] as const)("the first %s stops the run and waits for its end", async (signal) => {
    const { client, run } = await startFollowing(["sh", "-c", "echo ready; exec sleep 600"]);
    client.process.kill(signal);
    expect((await client.outcome).code).toBe(143);
    expect(await statusOf(run)).toBe("stopped");
  });

  test("the second one detaches and says how to come back", async () => {
    const argv = ["sh", "-c", "trap 'echo stopping' TERM; echo ready; while :; do sleep 0.05; done"];
    const slow = createSlowStop();
    const { client, run } = await startFollowing(argv);
    client.process.kill("SIGINT");
    const interruptedAt = performance.now();
    // The same signal within 50 ms counts as one: a terminal and a parent may both send it.
    await until(async () => (await statusOf(run)) === "stopping" && performance.now() - interruptedAt > 60);
    client.process.kill("SIGINT");
    const { code, stderr } = await client.outcome;
    expect(code).toBe(130);
    expect(stderr).toContain(run);
    expect(stderr).toMatch(/logs .*--follow/);
    slow();
    await home.cli(["stop", run, "--kill"]);
    await home.cli(["logs", run, "--follow"]);
  });

  test("SIGHUP detaches: the run goes on", async () => {
    const { client, run } = await startFollowing(["sh", "-c", "echo ready; exec sleep 600"]);
    client.process.kill("SIGHUP");
    expect((await client.outcome).code).toBe(129);
    expect(await statusOf(run)).toBe("running");
    await home.cli(["stop", run]);
    await home.cli(["logs", run, "--follow"]);
  });

  test("SIGKILL of the client leaves the run alone", async () => {
    const { client, run } = await startFollowing(["sh", "-c", "echo ready; exec sleep 600"]);
    client.process.kill("SIGKILL");
    await client.outcome;
    expect(await statusOf(run)).toBe("running");
    await home.cli(["stop", run, "--kill"]);
    await home.cli(["logs", run, "--follow"]);
    expect(await home.json(["show", run])).toMatchObject({ status: "stopped", signal: "SIGKILL" });
  });

  /** A grace period long enough for a second Ctrl-C. Returns the way back. */
  function createSlowStop(): () => void {
    home.writeConfig("[daemon]\nstop_grace_seconds = 60\n");
    return () => home.writeConfig("[daemon]\nstop_grace_seconds = 0.3\n");
  }
});

describe("stop refuses what it cannot do", () => {
  test("an ended run", async () => {
    await home.cli(["run", "--", "true"]);
    const { runs } = (await home.json(["runs", "--limit", "1"])) as { runs: { run_id: string }[] };
    const { code, stderr } = await home.cli(["stop", runs[0]?.run_id ?? "none"]);
    expect(code).toBe(1);
    expect(stderr).toContain("cannot be stopped");
  });

  test("an unknown run", async () => {
    const { code, stderr } = await home.cli(["stop", "nonsense"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/nonsense/);
  });
});
