import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CLI, createHome, type Home, type Outcome } from "../support/home.ts";
import { createRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";

let home: Home;
let root: string;

beforeEach(async () => {
  home = createHome();
  root = createRepository(home, "project", {});
  // An agent that does what the test says, with its own environment, and lives on.
  const agent = join(home.dir, "agent.mjs");
  writeFileSync(
    agent,
    `import { spawnSync } from "node:child_process";
     import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
     for (let n = 0; ; n += 1) {
       while (!existsSync("ask." + n)) await new Promise((resolve) => setTimeout(resolve, 5));
       const { status, stdout, stderr } = spawnSync(process.execPath, [${JSON.stringify(CLI)}, ...JSON.parse(readFileSync("ask." + n))], { encoding: "utf8" });
       writeFileSync("answer." + n + ".new", JSON.stringify({ code: status, stdout, stderr }));
       renameSync("answer." + n + ".new", "answer." + n);
     }`,
  );
  home.writeConfig(`[agents.robot]\ncommand = [${JSON.stringify(process.execPath)}, ${JSON.stringify(agent)}]\n`);
  await ok("init");
  await ok("new", "first", "--agent", "robot", "--start");
  await ok("new", "second", "--agent", "robot");
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

async function ok(...args: readonly string[]): Promise<Outcome> {
  const outcome = await home.cli(args, { cwd: root });
  expect(outcome.stderr + outcome.stdout).not.toContain("orchastration:");
  return outcome;
}

let asked = 0;
beforeEach(() => {
  asked = 0;
});

/** What the agent gets when it gives a command itself. */
async function agentSays(...args: readonly string[]): Promise<Pick<Outcome, "code" | "stdout" | "stderr">> {
  const worktree = join(root, ".orchastration/worktrees/1-first");
  const [ask, answer] = [join(worktree, `ask.${asked}`), join(worktree, `answer.${asked}`)];
  asked += 1;
  writeFileSync(`${ask}.new`, JSON.stringify(args));
  renameSync(`${ask}.new`, ask);
  await until(() => existsSync(answer));
  return JSON.parse(readFileSync(answer, "utf8")) as Outcome;
}

const statusOf = async (task: string): Promise<unknown> =>
  JSON.parse((await home.cli(["--json", "status", task], { cwd: root })).stdout)["status"];

test("an agent says of its own task that it is completed, and is recorded as the one who said it", async () => {
  expect(await agentSays("complete", "first")).toMatchObject({ code: 0 });
  expect(await statusOf("first")).toBe("completed");
  const { stdout } = await home.cli(["--json", "audit", "show"], { cwd: root });
  const newest = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { entry: string };
  expect(JSON.parse(newest.entry)).toMatchObject({ name: "task.completed", actor: { kind: "agent", name: "robot" } });
});

test.each([
  ["another task", ["complete", "second"]],
  ["a review", ["reviewed", "first"]],
  ["a merge", ["merge", "first"]],
  ["trust", ["trust", "--yes"]],
  ["a command", ["run", "--", "true"]],
  ["another task's input", ["session", "send", "second", "--text", "x"]],
  ["the end of the daemon", ["daemon", "stop", "--all"]],
] as const)("an agent is refused %s", async (_what, args) => {
  const outcome = await agentSays(...args);
  expect(outcome).toMatchObject({ code: 77 });
  expect(outcome.stderr).toMatch(/not for agents|not this agent's own/);
  expect(await statusOf("second")).toBe("draft");
});

test("a token of another daemon is refused, and says what to do", async () => {
  const outcome = await home.cli(["status"], { cwd: root, env: { ORCHASTRATION_TOKEN: "4p8s2m6n1c7w.AAAA" } });
  expect(outcome).toMatchObject({ code: 77 });
  expect(outcome.stderr).toContain("ORCHASTRATION_TOKEN");
});
