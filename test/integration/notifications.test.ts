import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTaskHome, type TaskHome } from "../support/scripted-tasks.ts";
import { type InTerminal, startInTerminal, untilAttached } from "../support/terminal.ts";
import { until } from "../support/until.ts";

const DETACH = "\x11";
const FINISHED = '[agents.finished]\ncommand = ["true"]\nprompt = "none"\non_exit = "complete"\n';

/** A terminal attached to a run; resolves when the run knows of it. */
async function attached(home: TaskHome, run: string): Promise<InTerminal> {
  const terminal = startInTerminal(home, ["attach", run], { cwd: home.root });
  await untilAttached(terminal);
  await until(async () => {
    const { sessions } = (await home.json(["session", "list"])) as unknown as {
      sessions: { run_id: string; terminal: { attachments: unknown[] } }[];
    };
    return sessions.find(({ run_id }) => run_id === run)?.terminal.attachments.length === 1;
  });
  return terminal;
}

async function detach(terminal: InTerminal): Promise<void> {
  terminal.type(DETACH);
  expect(await terminal.closed).toMatchObject({ code: 0 });
}

test("attached terminals are told of tasks that wait or end; the one that shows a task is not told that it waits", async () => {
  await using home = await createTaskHome({ config: `[notify]\non = ["idle", "completed"]\n${FINISHED}` });
  const { stdout } = await home.run("run", "--tty", "--detach", "--", "cat");
  const name = await home.write("asks", ["@wait go", "@ask Which?"]);
  await home.run("start", name);
  const { run_id: run, worktree } = await home.reaches(name, "running");
  const elsewhere = await attached(home, stdout.trim());
  const own = await attached(home, String(run));
  writeFileSync(join(worktree, "go"), "");
  await until(() => elsewhere.output().includes("\x1b]9;asks is idle: 1-asks"));

  await home.run("new", "finished", "--agent", "finished", "--start");
  const completed = "\x1b]9;finished is completed: 2-finished";
  await until(() => elsewhere.output().includes(completed) && own.output().includes(completed));
  expect(own.output()).not.toContain("asks is idle");
  await detach(elsewhere);
  await detach(own);
});
