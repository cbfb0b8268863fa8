import { readdirSync } from "node:fs";
import type { DaemonClient } from "@orchastration/client";
import type { Run } from "@orchastration/protocol/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { connectToDaemon, startRun } from "../support/terminal-run.ts";
import { until } from "../support/until.ts";

/** Terminals and pipes side by side, under the live daemon. */

let home: Home;
let daemon: DaemonClient;

beforeAll(async () => {
  home = createHome();
  await home.cli(["daemon", "start"]);
  daemon = await connectToDaemon(home);
});
afterAll(async () => {
  daemon.close();
  await home[Symbol.asyncDispose]();
});

const sleeper = (isTty: boolean): Promise<Run> => startRun(home, daemon, ["sleep", "600"], { isTty });

async function pidOf({ id }: Run): Promise<number | undefined> {
  const { sessions } = await daemon.call("session.list", {});
  return sessions.find((session) => session.id === id)?.pid;
}

test("the 300th child with a terminal and the 300th with pipes hold descriptors 0, 1 and 2 and nothing else", async () => {
  const runs: Run[] = [];
  for (let pair = 0; pair < 300; pair++) runs.push(...(await Promise.all([sleeper(true), sleeper(false)])));
  await until(async () => (await daemon.call("session.list", {})).sessions.length === 600);
  for (const run of runs.slice(-2)) {
    const pid = await pidOf(run);
    // Not at once: the loader has the program's libraries open for a moment.
    await expect.poll(() => readdirSync(`/proc/${pid}/fd`).join(), { interval: 5 }).toBe("0,1,2");
  }
});
