import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CliOptions, Outcome } from "../support/home.ts";
import { linesOf } from "../support/lines.ts";
import { createRepository, git } from "../support/repository.ts";
import { createTaskHome, SCRIPTED_AGENT, type TaskHome } from "../support/scripted-tasks.ts";
import { inTerminal } from "../support/terminal.ts";
import { until } from "../support/until.ts";

let home: TaskHome;

beforeAll(async () => {
  home = await createTaskHome({ files: { "src/deep/file": "" } });
});
afterAll(() => home[Symbol.asyncDispose]());

interface Refusal {
  readonly code: number;
  readonly kind: string;
  readonly says: RegExp;
}

/** Says to people and to scripts the same. */
async function expectRefusal(
  words: readonly string[],
  { code, kind, says }: Refusal,
  options: CliOptions,
): Promise<void> {
  const spoken: Outcome = await home.cli(words, options);
  expect(spoken.stderr).toMatch(says);
  expect(spoken.stdout).toBe("");
  expect(spoken.code).toBe(code);
  const written = await home.cli(["--json", ...words], options);
  expect((JSON.parse(written.stdout) as { error: { code: string } }).error.code).toBe(kind);
  expect(written.code).toBe(code);
}

describe("refused", () => {
  test("with the nearest name, when no task has that name", async () => {
    const name = await home.write("nearest");
    for (const command of ["start", "complete", "path", "status"]) {
      const refusal = {
        code: 1,
        kind: "TaskNotFound",
        says: new RegExp(`no task is called "neerest" here\nDid you mean (nearest or ${name}|${name} or nearest)\\?`),
      };
      await expectRefusal([command, "neerest"], refusal, { cwd: home.root });
    }
  });

  test.each([["init"], ["new", "login"]])("outside of a repository: %s", async (...words) => {
    await expectRefusal(words, { code: 1, kind: "NoRepository", says: /lies in no git repository/ }, { cwd: home.cwd });
  });

  test("in a repository without `init`", async () => {
    const cwd = createRepository(home, "bare-of-tasks", {});
    const refusal = { code: 1, kind: "RepositoryNotInitialized", says: /Run `orchastration init` in it/ };
    await expectRefusal(["new", "login"], refusal, { cwd });
  });

  test("in a repository that is not trusted, where nothing is run or made", async () => {
    const cwd = createRepository(home, "cloned", {
      ".orchastration/.gitignore": "logs.jsonl\n",
      ".orchastration/config.toml": '[worktrees]\nsetup = ["sh", "-c", "touch ../../../pwned"]\n',
      ".orchastration/tasks/1-login.md": "---\ntitle: Login\nagent: scripted\n---\n\n@run touch pwned\n",
    });
    for (const words of [
      ["start", "login"],
      ["resume", "login"],
      ["exec", "login", "--", "touch", "pwned"],
    ]) {
      await expectRefusal(words, { code: 77, kind: "NotTrusted", says: /orchastration trust/ }, { cwd });
    }
    expect((await home.task("login", { cwd })).status).toBe("draft");
    expect(git(home, cwd, "status", "--porcelain")).toBe("");
    expect(git(home, cwd, "branch", "--list", "orchastration/*")).toBe("");
  });

  test("with an agent that nobody defined", async () => {
    const cwd = { cwd: home.root };
    const refusal = { code: 78, kind: "AgentNotFound", says: /no agent is called "scriptd"\nDid you mean scripted\?/ };
    await expectRefusal(["new", "x", "--agent", "scriptd"], refusal, cwd);
    const name = await home.write("renamed-agent");
    const { file } = await home.task(name);
    writeFileSync(file, readFileSync(file, "utf8").replace("agent: scripted", "agent: scriptd"));
    await expectRefusal(["start", name], refusal, cwd);
  });

  test("without an agent where several could be meant", async () => {
    const several = join(home.dir, "several.toml");
    writeFileSync(several, '[agents.one]\ncommand = ["cat"]\n[agents.two]\ncommand = ["cat"]\n');
    await home.run("new", "unsaid");
    const refusal = { code: 78, kind: "AgentNotFound", says: /several are configured: one, two/ };
    await expectRefusal(["start", "unsaid", "--config", several], refusal, { cwd: home.root });
  });

  test("with mistakes in the task's file, which status shows with their line", async () => {
    const name = await home.write("mistaken");
    const { file } = await home.task(name);
    writeFileSync(file, readFileSync(file, "utf8").replace("title: mistaken", 'title: "unclosed'));
    const { stderr } = await home.run("status");
    expect(stderr).toMatch(new RegExp(`${name}\\.md:\\d+: `));
    await expectRefusal(
      ["start", name],
      { code: 78, kind: "TaskFileInvalid", says: new RegExp(`${name}\\.md:\\d+`) },
      { cwd: home.root },
    );
    expect((await home.task(name)).problems).toHaveLength(1);
    writeFileSync(file, readFileSync(file, "utf8").replace('title: "unclosed', "title: mistaken"));
    expect((await home.task(name)).problems).toEqual([]);
  });

  test.each([["remove", "asked"], ["gc"]])("when nobody can be asked: %s", async (...words) => {
    if (words[0] === "remove") await home.write("asked");
    const { code, stderr } = await home.run(...words);
    if (words[0] === "gc") expect(code).toBe(0);
    else expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("--yes") });
  });

  test("to attach without a terminal, and to a task without a session", async () => {
    const name = await home.write("silent");
    expect(await home.run("attach", name)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("needs a terminal"),
    });
    const never = await inTerminal(home, ["attach", name], { cwd: home.root });
    expect(never.code).toBe(1);
    expect(never.output).toContain(`task ${name} has not been started yet`);
    expect(never.output).toContain(`orchastration start ${name}`);
    await home.run("start", name);
    await home.run("stop", name);
    const ended = await inTerminal(home, ["attach", name], { cwd: home.root });
    expect(ended.code).toBe(1);
    expect(ended.output).toContain(`orchastration start ${name}`);
    expect(ended.output).toContain(`orchastration logs ${name}`);
  });
});

test("a task is found by number, slug and both, from sub-directories and from every worktree", async () => {
  const name = await home.write("anywhere");
  await home.run("start", name);
  const { worktree } = await home.task(name);
  const [number = ""] = name.split("-");
  const linked = join(home.dir, "linked");
  git(home, home.root, "worktree", "add", "-q", "--detach", linked);
  for (const cwd of [home.root, join(home.root, "src/deep"), worktree, linked]) {
    for (const reference of [number, "anywhere", name]) {
      expect((await home.task(reference, { cwd })).name).toBe(name);
    }
    expect((await home.cli(["path", name], { cwd })).stdout).toBe(`${worktree}\n`);
  }
});

test("show and logs take a task's name for the run that drives it", async () => {
  const name = await home.write("shown", ["@say hello there"]);
  await home.run("start", name);
  await until(async () => (await home.run("logs", name)).stdout.includes("prompt: shown"));
  const { run_id } = await home.task(name);
  const [number = ""] = name.split("-");
  for (const reference of [name, number, "shown"]) {
    expect((await home.json(["show", reference], { cwd: home.root })).run_id).toBe(run_id);
  }
  const { stdout } = await home.run("session", "list");
  expect(stdout).toContain(name);
});

describe("resume", () => {
  /** The scripted agent as a program of its own on a private PATH. */
  function installAgent(program: string): Readonly<Record<string, string>> {
    const bin = join(home.dir, `bin-${program}`);
    mkdirSync(bin);
    writeFileSync(join(bin, program), `#!/bin/sh\nexec ${process.execPath} ${SCRIPTED_AGENT} "$@"\n`);
    chmodSync(join(bin, program), 0o755);
    return { PATH: `${bin}:/usr/bin:/bin`, SCRIPTED_AGENT_LOG: join(home.dir, `${program}.log`) };
  }

  test.each([
    ["claude", "--resume"],
    ["codex", "resume"],
    ["opencode", "--session"],
  ])("goes on with the conversation of %s", async (program, word) => {
    const env = installAgent(program);
    const options = { cwd: home.root, env };
    const name = String((await home.json(["new", program, "--agent", program], options)).name);
    const starts = (): { argv: string[]; conversation: string }[] =>
      linesOf(env["SCRIPTED_AGENT_LOG"] ?? "").map((line) => JSON.parse(line));
    await home.cli(["start", name], options);
    await until(() => starts().length === 1);
    await home.cli(["stop", name], options);
    const named = (await home.task(name)).session_id;
    const conversation = named ?? "c-1";
    if (named === null) await home.cli(["session", "set", name, conversation], options);
    await until(async () =>
      readFileSync((await home.task(name)).file, "utf8")
        .replaceAll('"', "")
        .includes(`session_id: ${conversation}`),
    );
    const { code, stderr } = await home.cli(["resume", name], options);
    expect(code, stderr).toBe(0);
    await until(() => starts().length === 2);
    expect(starts()[1]).toMatchObject({ argv: [word, conversation], conversation });
  });
});

describe("a task's file", () => {
  test("takes the status, and keeps everything else as people wrote it", async () => {
    const name = await home.write("kept");
    const { file } = await home.task(name);
    const written =
      "---\r\n# mine\r\npriority: high\r\nlabels: [a]\r\ntitle: Kept\r\nagent: scripted\r\nstatus: draft\r\n---\r\n\r\nDo it.\r\n";
    writeFileSync(file, written);
    await home.run("complete", name);
    await until(() => readFileSync(file, "utf8") === written.replace("status: draft", "status: completed"));
    expect(await home.task(name)).toMatchObject({ title: "Kept", labels: ["a"] });
  });

  test("written by hand is a task", async () => {
    writeFileSync(join(home.root, ".orchastration/tasks/77-by-hand.md"), "---\ntitle: By hand\n---\n");
    expect(await home.task("by-hand")).toMatchObject({ name: "77-by-hand", status: "draft" });
    expect((await home.json(["new", "next"], { cwd: home.root })).name).toBe("78-next");
  });
});

test.each([
  [false, "\n", "[y/N]", true],
  [false, "y\n", "[y/N]", false],
  [true, "\n", "[Y/n]", false],
  [true, "n\n", "[Y/n]", true],
  [true, "", "[Y/n]", true],
])("with confirm.default = %s, typing %j removes as it says", async (isYes, typed, shown, stays) => {
  const config = join(home.dir, `confirm-${isYes}.toml`);
  writeFileSync(config, `[confirm]\ndefault = ${isYes}\n`);
  const name = await home.write("doubtful");
  const { output, code } = await inTerminal(home, ["remove", name, "--config", config], { cwd: home.root, typed });
  expect(output).toContain(`Remove task ${name}? ${shown}`);
  expect(code).toBe(stays ? 1 : 0);
  const { tasks } = (await home.json(["status"], { cwd: home.root })) as { tasks: { name: string }[] };
  expect(tasks.some((task) => task.name === name)).toBe(stays);
});

test("every event of a task stands in logs.jsonl", async () => {
  const name = await home.write("logged");
  await home.run("complete", name, "--reason", "all done");
  await home.run("reviewed", name);
  const lines = (): { slug: string; event: string }[] =>
    linesOf(join(home.root, ".orchastration/logs.jsonl")).map((line) => JSON.parse(line));
  const own = () =>
    lines()
      .filter(({ slug }) => slug === "logged")
      .map(({ event }) => event);
  await until(() => own().length === 3);
  expect(own()).toEqual(["task.created", "task.completed", "task.reviewed"]);
});
