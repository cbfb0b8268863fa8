import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLI, createHome, type Home } from "../support/home.ts";
import { inTerminal } from "../support/terminal.ts";
import { until } from "../support/until.ts";

describe("secrets", () => {
  const CALLER = "canary-of-the-caller-5f1c";
  const JOB = "canary-of-the-job-81aa";
  const FLAG = "canary-of-the-flag-c09d";
  const env = { API_TOKEN: CALLER };
  const flag = ["--env", `FLAG_TOKEN=${FLAG}`];

  let home: Home;
  beforeAll(() => {
    home = createHome();
    home.writeConfig(`
      [logging]
      level = "trace"
      [limits.groups.one]
      concurrency = 1
      [jobs.plain]
      command = ["true"]
      env = { JOB_TOKEN = "${JOB}" }
      [jobs.slow]
      command = ["sleep", "600"]
      env = { JOB_TOKEN = "${JOB}" }
      timeout_seconds = 0.1
      [jobs.absent]
      command = ["no-such-program"]
      env = { JOB_TOKEN = "${JOB}" }
      [jobs.waits]
      command = ["sleep", "600"]
      env = { JOB_TOKEN = "${JOB}" }
      group = "one"
    `);
  });
  afterAll(() => home[Symbol.asyncDispose]());

  /** Empty when it is gone by now: records take their place under another name. */
  function contentOf(path: string): Buffer {
    try {
      return readFileSync(path);
    } catch {
      return Buffer.alloc(0);
    }
  }

  /** Files of the home, its configuration apart, that hold one of them. */
  function findCanaries(): string[] {
    return readdirSync(home.dir, { recursive: true, encoding: "utf8" })
      .map((name) => join(home.dir, name))
      .filter((path) => path !== home.configFile && lstatSync(path, { throwIfNoEntry: false })?.isFile() === true)
      .filter((path) => {
        const content = contentOf(path);
        return [CALLER, JOB, FLAG].some((canary) => content.includes(canary));
      });
  }

  test("reach the command", async () => {
    // Its argv names them, and what a person writes there is recorded: another home.
    await using other = createHome();
    const expected = [CALLER, JOB, FLAG].join();
    other.writeConfig(`
      [jobs.checks]
      command = ["sh", "-c", 'test "$API_TOKEN,$JOB_TOKEN,$FLAG_TOKEN" = ${expected}']
      env = { JOB_TOKEN = "${JOB}" }
    `);
    expect((await other.cli(["run", "checks", ...flag], { env })).code).toBe(0);
    expect((await other.cli(["run", "checks", ...flag])).code).toBe(1);
  });

  test("stand nowhere in state, records, events and logs, and in no message", async () => {
    const said: string[] = [];
    const say = async (...args: readonly string[]) => {
      const { stdout, stderr } = await home.cli(args, { env });
      said.push(stdout, stderr);
    };
    await say("--verbose", "run", "plain", ...flag);
    await say("run", "slow", ...flag);
    await say("run", "absent", ...flag);
    await say("run", "unknown", ...flag);
    await say("run", ...flag, "--", "false");
    await say("rerun", "plain", ...flag);
    await home.cli(["run", "plain"], { env: { API_TOKEN: `other-${CALLER}` } });
    const { runs } = (await home.json(["runs", "plain"])) as { runs: { run_id: string }[] };
    const [newest, , oldest] = runs.map(({ run_id }) => run_id);
    await say("diff", String(oldest), String(newest));
    expect(said.at(-2)).toMatch(/environment[\s\S]*API_TOKEN/);
    for (const args of [
      ["list"],
      ["status"],
      ["runs"],
      ["show", "plain"],
      ["config", "show", "--origin"],
      ["doctor"],
    ]) {
      await say(...args);
      await say("--json", ...args);
    }
    home.writeConfig(
      `${readFileSync(home.configFile, "utf8")}\n[jobs.bad]\ncommand = ["true"]\nenv = { A = ["${JOB}"] }\n`,
    );
    await say("config", "check");
    await say("list");
    await until(async () => ((await home.json(["daemon", "status"])).warnings as string[]).length > 0);
    await say("daemon", "logs");
    await say("daemon", "stop");
    expect(said.join("\n")).not.toMatch(/canary/);
    expect(findCanaries()).toEqual([]);
    home.writeConfig(readFileSync(home.configFile, "utf8").replace(/\[jobs\.bad\][\s\S]*/, ""));
  });

  test("of a queued run stand in a file of the user's alone in the runtime directory, until it starts", async () => {
    const detach = async () => (await home.cli(["run", "--detach", "waits", ...flag], { env })).stdout.trim();
    const [live, queued, cancelled] = [await detach(), await detach(), await detach()];
    await until(() => findCanaries().length === 2);
    for (const path of findCanaries()) {
      expect(path.startsWith(`${home.runtimeDir}/orchastration/`)).toBe(true);
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    await home.cli(["daemon", "restart"]);
    await home.cli(["cancel", cancelled]);
    await home.cli(["stop", live, "--kill"]);
    await until(async () => (await home.json(["show", queued])).status === "running");
    await until(() => findCanaries().length === 0);
    await home.cli(["stop", queued, "--kill"]);
    await until(() => findCanaries().length === 0);
  });
});

describe("hostile text", () => {
  const ESC = "\u001b";
  /** Clipboard, link, status, window size, colour, overwriting, C1, bidirectional override, zero width, line separator. */
  const HOSTILE = [
    `${ESC}]52;c;cHduZWQ=\u0007`,
    `${ESC}]8;;http://example.org${ESC}\\`,
    `${ESC}]7501;state=done${ESC}\\`,
    `${ESC}[21t`,
    `${ESC}[31m`,
    "safe\rEVIL",
    "\u009b31m",
    "\u009d52;c;x\u009c",
    "\u202eabc\u2066",
    "\u200b\ufeff",
    "\u2028\u2029",
    "a\nb\tc\u0007\u0008\u007f",
  ].join("|");

  let home: Home;
  let cwd: string;
  let run: string;
  beforeAll(async () => {
    home = createHome();
    cwd = join(home.cwd, HOSTILE.replaceAll("/", "_"));
    // The repository has such a name as well.
    mkdirSync(join(cwd, ".git"), { recursive: true });
    writeFileSync(join(cwd, ".git/HEAD"), "ref: refs/heads/main\n");
    mkdirSync(join(cwd, ".orchastration"));
    writeFileSync(join(cwd, ".orchastration/config.toml"), '[jobs.x]\ncommand = ["true"]\n["\\u001B]0;x\\u202E"]\n');
    home.writeConfig(`
      [jobs.told]
      description = ${JSON.stringify(HOSTILE).replaceAll("\u007f", "\\u007F")}
      command = ["printf", "%s", ${JSON.stringify(HOSTILE).replaceAll("\u007f", "\\u007F")}]
      env = { ${JSON.stringify(HOSTILE.replaceAll("=", "_")).replaceAll("\u007f", "\\u007F")} = "x" }
      working_dir = ${JSON.stringify(cwd).replaceAll("\u007f", "\\u007F")}
    `);
    expect((await home.cli(["config", "check"])).stderr).toContain("No mistakes");
    await home.cli(["run", "told"]);
    await home.cli(["run", "--", "sh", "-c", "exit 3", HOSTILE], { cwd });
    run = String((await home.json(["show", "adhoc"])).run_id);
  });
  afterAll(() => home[Symbol.asyncDispose]());

  const COMMANDS: readonly (readonly string[])[] = [
    ["list"],
    ["status"],
    ["runs"],
    ["show", "told"],
    ["show", "adhoc"],
    ["logs", "told"],
    ["diff", "told", "adhoc"],
    ["config", "show", "--origin"],
    ["config", "check"],
    ["doctor"],
    ["daemon", "status"],
    ["daemon", "logs"],
    ["trust", "--show"],
    ["stop", "adhoc"],
    ["run", HOSTILE],
    ["run", "--", HOSTILE],
    ["show", HOSTILE],
    ["stop", HOSTILE],
    ["logs", HOSTILE],
    [HOSTILE],
    ["list", `--${HOSTILE}`],
    ["run", "--timeout", HOSTILE, "told"],
    ["run", "--env", HOSTILE.replaceAll("=", ""), "told"],
    ["--config", HOSTILE, "list"],
    ["completion", "bash", "--", "run", HOSTILE],
  ];
  const named = COMMANDS.map(
    (args) => [args.map((word) => (word.includes(ESC) ? "<hostile>" : word)).join(" "), args] as const,
  );

  /** Whatever makes a terminal act, or a reader see something else than what is there. Line feeds stay, and tabs between columns. */
  const ACTING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

  function expectHarmless(text: string): void {
    const at = ACTING.exec(text)?.index;
    expect(at === undefined ? null : JSON.stringify(text.slice(Math.max(0, at - 60), at + 60))).toBeNull();
  }

  // The output of a run that goes into a file or a pipe is data, and given as it is.
  test.each(named.filter(([name]) => name !== "logs told"))(
    "%s prints no control character into a pipe",
    async (_name, args) => {
      const { stdout, stderr } = await home.cli(args, { cwd });
      expectHarmless(stdout);
      expectHarmless(stderr);
    },
  );

  test.each(named)("%s prints no control character on a terminal", async (_name, args) => {
    const { output } = await inTerminal(home, args, { cwd, env: { NO_COLOR: "1" } });
    expect(output === "" && args[0] !== "completion").toBe(false);
    // Our own way to take back a line of waiting, and the terminal's way to end one.
    const ours = output.replaceAll("\r\u001b[K", "").replaceAll("\r\n", "\n");
    // Colours of a program's output are shown.
    expectHarmless(args[0] === "logs" ? ours.replaceAll(/\u001b\[\d*m/g, "") : ours);
  });

  test.each(named)("--json %s keeps the text, and prints no control character", async (_name, args) => {
    const { output } = await inTerminal(home, ["--json", ...args], { cwd });
    expectHarmless(output.replaceAll("\r\n", "\n"));
    const { stdout } = await home.cli(["--json", ...args], { cwd });
    expectHarmless(stdout);
  });

  test("--json carries it unchanged", async () => {
    const { jobs } = (await home.json(["list"])) as { jobs: { description: string }[] };
    expect(jobs[0]?.description).toBe(HOSTILE);
    expect((await home.json(["show", run])).argv).toEqual(["sh", "-c", "exit 3", HOSTILE]);
  });

  test("logs --raw gives the exact bytes, also to a terminal", async () => {
    expect((await home.cli(["logs", "told"])).stdout).toBe(HOSTILE);
    expect((await inTerminal(home, ["logs", "told", "--raw"])).output).toContain("\u001b]52;c;cHduZWQ=\u0007");
  });

  test.each(['jobs."a\\u001b]0;x\\u0007"', 'jobs."\\u202Eabc"', 'jobs."a\\u009bb"'])(
    "[%s] is refused, and named without its control characters",
    async (table) => {
      await using other = createHome();
      other.writeConfig(`[${table}]\ncommand = ["true"]\n`);
      const { code, stdout } = await other.cli(["config", "check"]);
      expect(code).toBe(78);
      expect(stdout).toContain("control or invisible character");
      expectHarmless(stdout);
      expectHarmless((await other.cli(["list"])).stderr);
    },
  );

  test.each([
    ["quotes and a comment", '"; touch pwned #'],
    ["a substitution", "$(touch pwned)"],
    ["backticks", "`touch pwned`"],
    ["a leading dash", "-rf"],
    ["an option with a value", "--upload-pack=touch pwned"],
    ["a variable of Windows", "%PATH%"],
    ["a line break", "a\ntouch pwned"],
  ])("%s stays data", async (_name, word) => {
    const folder = join(home.cwd, `-${word.replaceAll("/", "_")}`);
    mkdirSync(folder);
    const { stdout, code } = await home.cli(["run", "--env", `WORD=${word}`, "--", "printf", "%s,", word, "--", word], {
      cwd: folder,
    });
    expect({ stdout, code }).toEqual({ stdout: `${word},--,${word},`, code: 0 });
    expect((await home.cli(["run", "--", word], { cwd: folder })).code).toBe(127);
    const names = readdirSync(home.dir, { recursive: true, encoding: "utf8" });
    expect(names.filter((name) => name.endsWith("/pwned"))).toEqual([]);
  });
});

describe("a job that starts a daemon of its own", () => {
  test("is stopped without it and what that runs", async () => {
    await using home = createHome();
    const place = join(home.dir, "other");
    const other = ["--state-dir", place];
    const ready = join(home.dir, "ready");
    const inner = [process.execPath, CLI, ...other].map((word) => `'${word}'`).join(" ");
    const script = [
      `${inner} run -- true`,
      `${inner} daemon restart`,
      `${inner} run --detach -- sleep 600`,
      `echo > ${ready}`,
      "sleep 600",
    ].join("; ");
    const run = (await home.cli(["run", "--detach", "--", "sh", "-c", script])).stdout.trim();
    await until(() => existsSync(ready));
    try {
      const { pid } = await home.json([...other, "daemon", "status"]);
      expect((await home.json(["daemon", "status"])).pid).not.toBe(pid);
      await home.cli(["stop", run, "--kill"]);
      expect(await home.json(["show", run])).toMatchObject({ status: "stopped" });
      expect(await home.json([...other, "daemon", "status"])).toMatchObject({ pid, sessions: 1 });
      expect(await home.json([...other, "show", "adhoc"])).toMatchObject({ status: "running" });
    } finally {
      await home.cli([...other, "daemon", "stop", "--all"]);
    }
  });
});
