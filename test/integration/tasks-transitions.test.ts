import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { git } from "../support/repository.ts";
import { createTaskHome, type TaskHome } from "../support/scripted-tasks.ts";

let home: TaskHome;

beforeAll(async () => {
  // A set-up takes as long as a file `hold-<slug>` stands in the repository.
  home = await createTaskHome({
    config: `
      [agents.second-in-line]
      command = ["cat"]
      prompt = "none"
      group = "one"

      [limits.groups.one]
      concurrency = 1

      [worktrees]
      setup = ["sh", "-c", 'while [ -e "$ORCHASTRATION_PROJECT_ROOT/hold-$ORCHASTRATION_TASK_SLUG" ]; do sleep 0.02; done']
    `,
  });
  await start(await home.write("first-in-line", [], "--agent", "second-in-line"));
});
afterAll(() => home[Symbol.asyncDispose]());

async function succeed(...words: string[]): Promise<void> {
  const { code, stderr } = await home.run(...words);
  expect(code, stderr).toBe(0);
}

const start = (name: string): Promise<void> => succeed("start", name);

/** Brings a new task, which is a draft, to a state. */
const STATES: Readonly<Record<string, (name: string, slug: string) => Promise<unknown>>> = {
  draft: () => Promise.resolve(),
  queued: async (name) => {
    await succeed("edit", name, "--agent", "second-in-line");
    await start(name);
  },
  starting: async (name, slug) => {
    writeFileSync(join(home.root, `hold-${slug}`), "");
    home.start(["start", name], { cwd: home.root });
    await home.reaches(name, "starting");
  },
  running: start,
  idle: async (name) => {
    await start(name);
    await succeed("idle", name);
  },
  stopped: async (name) => {
    await start(name);
    await succeed("stop", name);
  },
  failed: (name) => succeed("fail", name),
  completed: (name) => succeed("complete", name),
  reviewed: async (name) => {
    await succeed("complete", name);
    await succeed("reviewed", name);
  },
  merged: async (name, slug) => {
    await start(name);
    const { worktree } = await home.task(name);
    git(home, worktree, "commit", "-q", "--allow-empty", "-m", "Begin");
    writeFileSync(join(worktree, slug), "work\n");
    git(home, worktree, "add", slug);
    git(home, worktree, "commit", "-q", "-m", "Work");
    await succeed("complete", name, "--stop");
    await succeed("merge", name);
  },
};

const COMMANDS = ["start", "resume", "stop", "idle", "complete", "fail", "reviewed", "merge"] as const;
type Command = (typeof COMMANDS)[number];

/** The state after the command. What is not listed is refused, and changes nothing. */
const ALLOWED: Readonly<Record<string, Readonly<Partial<Record<Command, string>>>>> = {
  draft: { start: "running", complete: "completed", fail: "failed" },
  queued: { start: "queued", resume: "queued", stop: "draft" },
  // `start` waits until it lives.
  starting: { stop: "stopped", fail: "failed" },
  running: {
    start: "running",
    resume: "running",
    stop: "stopped",
    idle: "idle",
    complete: "completed",
    fail: "failed",
  },
  idle: { start: "idle", resume: "idle", stop: "stopped", idle: "idle", complete: "completed", fail: "failed" },
  stopped: { start: "running", complete: "completed", fail: "failed" },
  failed: { start: "running", complete: "completed" },
  completed: { start: "running", reviewed: "reviewed", fail: "failed" },
  reviewed: { start: "running", fail: "failed" },
  merged: {},
};

const slugOf = (state: string, command: string): string => `${state}-${command}`;

for (const [state, bring] of Object.entries(STATES)) {
  describe(`a task that is ${state}`, () => {
    test.each(Object.entries(ALLOWED[state] ?? {}))("lets `%s` make it %s", async (command, expected) => {
      const slug = slugOf(state, command);
      const name = await home.write(slug);
      await bring(name, slug);
      expect((await home.task(name)).status).toBe(state);
      await succeed(command, name);
      expect((await home.task(name)).status).toBe(expected);
      rmSync(join(home.root, `hold-${slug}`), { force: true });
    });

    test("refuses every other command, says what is possible, and stays as it is", async () => {
      const slug = slugOf(state, "refuses");
      const name = await home.write(slug);
      await bring(name, slug);
      const refusals: Record<string, unknown> = {};
      for (const command of COMMANDS.filter((word) => ALLOWED[state]?.[word] === undefined)) {
        if (state === "starting" && (command === "start" || command === "resume")) continue;
        const { code, stderr, stdout } = await home.run(command, name);
        refusals[command] = { code, says: stderr.trim().replaceAll(name, "<task>").split("\n") };
        expect(stdout).toBe("");
        expect((await home.task(name)).status).toBe(state);
      }
      expect(refusals).toMatchSnapshot();
      rmSync(join(home.root, `hold-${slug}`), { force: true });
    });
  });
}
