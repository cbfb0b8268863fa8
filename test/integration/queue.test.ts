import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { until } from "../support/until.ts";

const LIMITED = `
  [limits]
  concurrency = 1
  [jobs.long]
  command = ["sleep", "600"]
  [jobs.low]
  command = ["true"]
  [jobs.high]
  command = ["true"]
  priority = 5
`;

async function start(home: Home, job: string): Promise<string> {
  return (await home.cli(["run", "--detach", job])).stdout.trim();
}

const statusOf = async (home: Home, run: string): Promise<unknown> => (await home.json(["show", run])).status;

async function stop(home: Home, run: string): Promise<void> {
  await home.cli(["stop", run, "--kill"]);
  await home.cli(["logs", run, "--follow"]);
}

describe("concurrency limit", () => {
  test("what exceeds it waits, and starts by priority, then by age", async () => {
    await using home = createHome();
    home.writeConfig(LIMITED);
    const long = await start(home, "long");
    const waiting = [await start(home, "low"), await start(home, "high"), await start(home, "low")];
    for (const run of waiting) expect(await statusOf(home, run)).toBe("queued");
    await stop(home, long);
    for (const run of waiting) await home.cli(["logs", run, "--follow"]);
    const records = await Promise.all(waiting.map((run) => home.json(["show", run])));
    const order = records.toSorted((a, b) => Number(a.event_seq) - Number(b.event_seq)).map(({ run_id }) => run_id);
    expect(order).toEqual([waiting[1], waiting[0], waiting[2]]);
  });

  test("a queued run can be cancelled, and a running one cannot", async () => {
    await using home = createHome();
    home.writeConfig(LIMITED);
    const long = await start(home, "long");
    const queued = await start(home, "low");
    expect((await home.cli(["cancel", queued])).code).toBe(0);
    expect(await statusOf(home, queued)).toBe("cancelled");
    await until(async () => (await statusOf(home, long)) === "running");
    const refused = await home.cli(["cancel", long]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/cannot be cancelled[\s\S]*stop/);
  });

  test("the queue survives a daemon restart, and a raised limit empties it", async () => {
    await using home = createHome();
    home.writeConfig(LIMITED);
    await start(home, "long");
    const queued = await start(home, "low");
    expect((await home.cli(["daemon", "restart"])).code).toBe(0);
    expect(await statusOf(home, queued)).toBe("queued");
    home.writeConfig(LIMITED.replace("concurrency = 1", "concurrency = 2"));
    await home.cli(["logs", queued, "--follow"]);
    expect(await statusOf(home, queued)).toBe("succeeded");
  });

  test("a queued run whose environment is gone is cancelled and says why", async () => {
    await using home = createHome();
    home.writeConfig(LIMITED);
    await start(home, "long");
    const queued = await start(home, "low");
    const directory = join(home.runtimeDir, "orchastration");
    const files = (): string[] => readdirSync(directory).filter((name) => name.startsWith("environment-"));
    await until(() => files().length === 1);
    const { pid } = await home.json(["daemon", "status"]);
    process.kill(Number(pid), "SIGKILL");
    for (const name of files()) rmSync(join(directory, name));
    expect(await home.json(["show", queued])).toMatchObject({
      status: "cancelled",
      reason: expect.stringContaining("environment"),
    });
  });
});
