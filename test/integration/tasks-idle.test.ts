import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linesOf } from "../support/lines.ts";
import { createTaskHome, type TaskHome } from "../support/scripted-tasks.ts";
import { startInTerminal, untilAttached } from "../support/terminal.ts";
import { until } from "../support/until.ts";

/** Ctrl-Q. */
const DETACH = "\x11";

test("a task is idle when its agent asks, and running again when somebody answers", async () => {
  await using home = await createTaskHome();
  const name = await home.write("login", ["@ask Which database?", "@work until go"]);
  await home.run("start", name);
  expect((await home.reaches(name, "idle")).reason).toContain("waits for an answer");
  const { stdout } = await home.run("status");
  expect(stdout).toMatch(/1-login\s+idle/);
  expect(await home.run("session", "send", name, "--text", "y")).toMatchObject({ code: 0 });
  await home.reaches(name, "running");
});

test("a task is idle when its agent is quiet for long enough, and running when it works again", async () => {
  await using home = await createTaskHome({ idleTimeoutSeconds: 0.2 });
  const name = await home.write("login", ["@state clear", "@wait go", "@work until done", "@wait never"]);
  await home.run("start", name);
  const { worktree } = await home.reaches(name, "idle");
  writeFileSync(join(worktree, "go"), "");
  await home.reaches(name, "running");
  writeFileSync(join(worktree, "done"), "");
  await home.reaches(name, "idle");
});

test("what an agent says of itself wins: its task is idle though it paints, until it works again", async () => {
  await using home = await createTaskHome();
  const name = await home.write("login", ["@work until done"]);
  await home.run("start", name);
  expect(await home.run("idle", name, "--reason", "which database?")).toMatchObject({ code: 0 });
  expect(await home.task(name)).toMatchObject({ status: "idle", reason: "which database?" });
  const { stdout } = await home.run("status");
  expect(stdout).toContain("which database?");
});

test("a key pressed in an attached terminal ends idle, though the agent makes nothing of it; one that only watches does not", async () => {
  await using home = await createTaskHome();
  const name = await home.write("login", ["@state blocked:question", "@wait go"]);
  await home.run("start", name);
  const { run_id: run } = await home.reaches(name, "idle");
  const log = join(home.root, ".orchastration/logs.jsonl");
  const activations = (): number => readFileSync(log, "utf8").split('"event":"task.becameActive"').length - 1;
  await until(() => readFileSync(log, "utf8").includes('"event":"task.becameIdle"'));
  const before = activations();
  const options = { cwd: home.root };
  const watcher = startInTerminal(home, ["attach", name, "--read-only"], options);
  await untilAttached(watcher);
  watcher.type("k");
  watcher.type(DETACH);
  expect(await watcher.closed).toMatchObject({ code: 0 });
  expect(activations()).toBe(before);

  const terminal = startInTerminal(home, ["attach", String(run)], options);
  await untilAttached(terminal);
  terminal.type("k");
  await until(() => activations() > before);
  terminal.type(DETACH);
  expect(await terminal.closed).toMatchObject({ code: 0 });
});

/** A program that takes down how it was called. */
function notifyingProgram(home: TaskHome): { readonly config: string; told(): string[] } {
  const [program, log] = [join(home.dir, "notify.sh"), join(home.dir, "told")];
  writeFileSync(program, `#!/bin/sh\nprintf '%s|%s|%s|%s\\n' "$1" "$2" "$3" "$ORCHASTRATION_TASK_SLUG" >> ${log}\n`);
  chmodSync(program, 0o755);
  return {
    config: `command = [${JSON.stringify(program)}, "told"]`,
    told: () => linesOf(log),
  };
}

test("news are told by the configured command, as one when they come together; nobody is told what they said themselves", async () => {
  await using home = await createTaskHome();
  const { config, told } = notifyingProgram(home);
  home.writeConfig(
    `${readFileSync(home.configFile, "utf8")}\n[notify]\non = ["idle", "completed", "failed"]\n${config}\n`,
  );
  await home.run("daemon", "restart");
  const title = '"; touch pwned #\u001b]0;x\u0007';
  const name = await home.write("asks", ["@ask Which?"], "--title", title);
  await home.run("start", name);
  await home.reaches(name, "idle");
  await until(() => told().length === 1);
  const [line = ""] = told();
  expect(line).toContain("told|");
  expect(line).toContain("|asks");
  expect(line).toContain('"; touch pwned #');
  expect(line).not.toContain("\u001b");
  await home.run("complete", name);
  await home.run("fail", name, "--stop");
  expect(told()).toHaveLength(1);
});

test("nobody is told anything unless it was asked for", async () => {
  await using home = await createTaskHome();
  const { config, told } = notifyingProgram(home);
  home.writeConfig(`${readFileSync(home.configFile, "utf8")}\n[notify]\n${config}\n`);
  await home.run("daemon", "restart");
  const name = await home.write("asks", ["@ask Which?"]);
  await home.run("start", name);
  await home.reaches(name, "idle");
  await home.run("daemon", "stop");
  expect(told()).toEqual([]);
});
