import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";

/** What live sessions do, as `session list` tells. */

interface Activity {
  readonly state: string;
  readonly kind: string | null;
  readonly source: string;
  readonly reason: string;
  readonly since: string;
}

let home: Home;

beforeAll(async () => {
  home = createHome();
  await home.cli(["daemon", "start"]);
});
afterAll(() => home[Symbol.asyncDispose]());

async function start(script: string): Promise<string> {
  const { stdout } = await home.cli(["run", "--tty", "--detach", "--", "bash", "--norc", "-c", script]);
  return stdout.trim();
}

async function activityOf(run: string): Promise<Activity | null | undefined> {
  const { sessions } = await home.json(["session", "list"]);
  const list = sessions as readonly { readonly run_id: string; readonly activity: Activity | null }[];
  return list.find(({ run_id }) => run_id === run)?.activity;
}

async function becomes(run: string, expected: Partial<Activity>): Promise<void> {
  await expect.poll(() => activityOf(run), { interval: 300 }).toMatchObject(expected);
}

describe("a session in a terminal", () => {
  test("works while a spinner turns, and rests when it waits at a prompt", async () => {
    const gate = join(home.cwd, "gate");
    const turns = `until [ -e '${gate}' ]; do printf "\\r$((f += 1))"; sleep 0.2; done`;
    const run = await start(`${turns}; printf '\\nProceed? '; read x`);
    await becomes(run, { state: "working", source: "screen" });
    writeFileSync(gate, "");
    await becomes(run, { state: "quiet", source: "screen", kind: null });
    expect((await activityOf(run))?.reason).toMatch(/^no visible change for \d+ s$/);
  });

  test("works while it computes in silence", async () => {
    const run = await start("while :; do :; done");
    await becomes(run, { state: "working", source: "processor" });
    await home.cli(["stop", run]);
  });

  test("is blocked when its program says so, until it is asked again, and says so after a restart of the daemon", async () => {
    const run = await start(
      "printf '\\e]7501;state=blocked:kind=permission:app=toy\\a'; read x; printf '\\e]7501;state=working\\a'; read x",
    );
    const blocked = { state: "blocked", kind: "permission", source: "program-status" };
    await becomes(run, { ...blocked, reason: "toy says it waits for permission" });
    await home.cli(["daemon", "restart"]);
    await becomes(run, blocked);
    await home.cli(["session", "send", run, "--text", "yes", "--enter"]);
    await becomes(run, { state: "working", source: "program-status" });
  });

  test("does nothing that its output says", async () => {
    const run = await start("printf '\\e]7501;state=clear\\a\\e]9;orchastration stop\\a\\e]133;A\\a'; read x");
    await becomes(run, { state: "quiet", source: "shell-prompt", reason: "at a shell prompt" });
    const { stdout } = await home.cli(["session", "list"]);
    expect(stdout).toContain("quiet · at a shell prompt");
  });
});

test("a session with pipes has no activity", async () => {
  const { stdout } = await home.cli(["run", "--detach", "--", "sleep", "60"]);
  await expect.poll(() => activityOf(stdout.trim())).toBeNull();
});
