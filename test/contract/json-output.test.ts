import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type DocumentName, documents } from "@orchastration/protocol/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandTable } from "../../packages/cli/src/commands/index.ts";
import { createHome, type Home, type Outcome } from "../support/home.ts";
import { git } from "../support/repository.ts";

let home: Home;
/** Runs in every state that lasts. */
const runs = { succeeded: "", failed: "", timedOut: "", running: "", queued: "" };

beforeAll(async () => {
  home = createHome();
  home.writeConfig(`
    [jobs.greet]
    description = "Say hello"
    command = ["sh", "-c", "echo hello; echo aside >&2"]

    [jobs.fails]
    command = ["sh", "-c", "exit 3"]

    [jobs.slow]
    command = ["sleep", "600"]
    timeout_seconds = 0.1

    [jobs.waits]
    command = ["sleep", "600"]
    group = "one"

    [jobs.never-ran]
    command = ["true"]

    [jobs.makes]
    command = ["sh", "-c", "echo made > made"]
    outputs = ["made"]

    [tasks.report]
    working_dir = "${home.cwd}"
    command = ["sh", "-c", "echo report > report"]
    inputs = ["file"]
    outputs = ["report", "never-made"]

    [limits.groups.one]
    concurrency = 1

    [agents.waits]
    command = ["cat"]
    resume = ["sh", "-c", "exec cat", "{session_id}"]
    prompt = "none"

    [agents.PlannerAgent]
    command = ["true"]

    [agents.BuilderAgent]
    command = ["sleep", "600"]

    [orchestrations.plans]
    agents = ["PlannerAgent"]

    [orchestrations.builds]
    agents = ["BuilderAgent"]
  `);
  execFileSync("git", ["init", "--quiet", home.cwd]);
  git(home, home.cwd, "config", "user.name", "Ada");
  git(home, home.cwd, "config", "user.email", "ada@example.org");
  git(home, home.cwd, "commit", "--quiet", "--allow-empty", "--message", "Begin");
  mkdirSync(join(home.cwd, ".orchastration"));
  writeFileSync(join(home.cwd, ".orchastration/config.toml"), '[jobs.of-the-project]\ncommand = ["true"]\n');
  writeFileSync(join(home.cwd, "file"), "content");
  writeFileSync(join(home.cwd, "SUMS"), `${"0".repeat(64)}  file\n${"0".repeat(64)}  gone\n`);
  writeFileSync(join(home.cwd, "bad.toml"), '[logging]\nlevel = "loud"\n');
  const idOf = async (job: string): Promise<string> => String((await home.json(["run", job])).run_id);
  const detached = async (): Promise<string> => String((await home.json(["run", "--detach", "waits"])).run_id);
  Object.assign(runs, {
    succeeded: await idOf("greet"),
    failed: await idOf("fails"),
    timedOut: await idOf("slow"),
    running: await detached(),
    queued: await detached(),
  });
});
afterAll(() => home[Symbol.asyncDispose]());

/** Words that follow each command, so that it shows its data in every shape it has. Those that end something come last. */
const CASES: Readonly<Record<string, () => readonly string[][]>> = {
  list: () => [[]],
  run: () => [
    ["greet"],
    ["fails"],
    ["slow"],
    ["--check-reproducible", "makes"],
    ["--detach", "greet"],
    ["--", "true"],
    ["--", "sh", "-c", "kill -9 $$"],
  ],
  runs: () => [[], ["--limit", "1"], ["--failed"], ["greet"], ["no-such-job"], ["--stats"], ["--plot"]],
  show: () => [...Object.values(runs).map((id) => [id]), ["greet"]],
  logs: () => [
    [runs.succeeded],
    [runs.succeeded, "--stderr"],
    [runs.succeeded, "--follow", "--since-offset", "2"],
    [runs.failed],
    ["--search", "hello"],
  ],
  cancel: () => [[runs.queued]],
  stop: () => [[runs.running]],
  rerun: () => [[runs.succeeded], [runs.failed, "--detach"]],
  diff: () => [
    [runs.succeeded, runs.failed],
    [runs.succeeded, runs.succeeded],
    [runs.timedOut, runs.succeeded],
  ],
  "plan list": () => [[]],
  "plan create": () => [["report"]],
  "plan status": () => [["report"]],
  "build run": () => [["report"], ["report", "--replan"]],
  "doc generate": () => [["report"], ["report", "--force"]],
  hash: () => [["file"], ["file", "missing", "."], ["--check", "SUMS"], ["--format", "gnu", "file"]],
  "session list": () => [[]],
  "audit show": () => [[], ["--limit", "2"], ["--run", runs.succeeded]],
  "audit verify": () => [[], ["--from", "3", "--to", "5"]],
  "audit export": () => [
    [runs.succeeded, "-o", "run.dsse"],
    [runs.succeeded, "--whole", "-o", "whole.dsse"],
  ],
  "audit check": () => [["run.dsse"], ["whole.dsse"], ["file"]],
  "audit key": () => [[]],
  "config path": () => [[]],
  "config show": () => [[], ["--origin"]],
  "config check": () => [[], ["--config", "bad.toml"]],
  trust: () => [["--show"], ["--yes"], ["--show"], ["--revoke"], ["--yes"], []],
  init: () => [[], ["--track-tasks"]],
  "agent list": () => [[]],
  "orchestration list": () => [[]],
  "orchestration run": () => [
    ["plans", "--goal", "a plan"],
    ["builds", "--detach"],
  ],
  "orchestration show": () => [["plans"], ["builds"]],
  "orchestration stop": () => [["builds"]],
  "git branch create": () => [["report"]],
  new: () => [
    ["login", "--agent", "waits"],
    ["Notes of today", "--label", "later"],
    ["third", "--agent", "waits"],
  ],
  edit: () => [["login", "--title", "Fix the login"]],
  path: () => [["login"]],
  start: () => [["login"], ["1"], ["third"]],
  "session screen": () => [["login"]],
  idle: () => [["1-login", "--reason", "which database?"]],
  exec: () => [
    ["third", "--", "sh", "-c", "echo work > work"],
    ["login", "--detach", "--", "true"],
  ],
  complete: () => [["third", "--stop"]],
  fail: () => [["login", "--stop"], ["notes-of-today"]],
  "session set": () => [["login", "c-1"]],
  resume: () => [["login"]],
  status: () => [[]],
  reviewed: () => [["third"]],
  merge: () => [["third", "--include-dirty"]],
  gc: () => [["--dry-run"], ["--yes"], []],
  remove: () => [["notes-of-today", "--yes"]],
  "daemon start": () => [[]],
  "daemon restart": () => [[]],
  "daemon status": () => [[], ["--state-dir", join(home.dir, "other")]],
  "daemon logs": () => [[], ["--lines", "1"]],
  "daemon install": () => [["--dry-run"]],
  "daemon uninstall": () => [["--dry-run"], []],
  doctor: () => [[], ["--rewrite-records"], ["--repair", "--bundle", "report.json"]],
  "daemon stop": () => [[], [], ["--all"]],
};

/** Those that need a terminal are shown in test/e2e, what needs GitHub in test/integration/task-git.test.ts. */
const ELSEWHERE: readonly string[] = ["attach", "git issue create"];

const WITHOUT_DATA: Readonly<Record<string, string>> = {
  completion: "its output is a program for a shell",
  "shell-hook": "its output is a program for a shell",
  open: "it shows a directory to a person",
  export: "its output is a recording, in lines of JSON already",
  "session send": "it types, and prints nothing",
  "daemon run": "its output is the log, in JSON lines already",
};

const { commands } = commandTable;
const withData = commands.flatMap(({ name, json }) => (json === undefined ? [] : [{ name, ...json }]));

test("every command has a case here, or a reason to print no data", () => {
  expect(withData.map(({ name }) => name).toSorted()).toEqual([...Object.keys(CASES), ...ELSEWHERE].toSorted());
  const others = commands.filter(({ json }) => json === undefined);
  expect(others.map(({ name }) => name).toSorted()).toEqual(Object.keys(WITHOUT_DATA).toSorted());
});

function expectDocuments(stdout: string, document: DocumentName, isPerLine: boolean): void {
  const lines = stdout.split("\n");
  expect(lines.pop()).toBe("");
  if (!isPerLine) expect(lines).toHaveLength(1);
  for (const line of lines) {
    const { error } = documents[document].safeParse(JSON.parse(line));
    expect(error, line).toBeUndefined();
  }
}

function expectFailure({ stdout, stderr, code }: Outcome): void {
  expectDocuments(stdout, "error", false);
  expect(stderr).toBe("");
  expect(code).not.toBe(0);
}

const inOrder = Object.keys(CASES).flatMap((name) => withData.filter((command) => command.name === name));

describe("--json prints what the contract says", () => {
  test.each(inOrder)("$name", async ({ name, document, isPerLine = false }) => {
    let printed = 0;
    for (const words of CASES[name]?.() ?? []) {
      const outcome = await home.cli([...name.split(" "), "--json", ...words]);
      expect(outcome.stdout, `${words.join(" ")}: ${outcome.stderr}`).not.toContain('"error":{"code"');
      expectDocuments(outcome.stdout, document, isPerLine);
      printed += outcome.stdout.length;
    }
    expect(printed).toBeGreaterThan(0);
  });

  test.each(withData.flatMap(({ name, ofOne }) => (ofOne === undefined ? [] : [{ name, ofOne }])))(
    "$name of one thing",
    async ({ name, ofOne }) => {
      expectDocuments((await home.cli([...name.split(" "), "--json", "login"])).stdout, ofOne, false);
    },
  );

  test.each([
    ["status", "--watch"],
    ["daemon", "logs", "--follow"],
  ])("%s %s, line by line until interrupted", async (...words) => {
    const watching = home.start(["--json", ...words]);
    const { stdout } = watching.process;
    if (stdout === null) throw new Error("the command line has no output");
    await once(createInterface(stdout), "line");
    watching.process.kill("SIGINT");
    const outcome = await watching.outcome;
    expect(outcome.code).toBe(130);
    expectDocuments(outcome.stdout, words[0] === "status" ? "status" : "logLine", true);
  });

  test("--version", async () => {
    expectDocuments((await home.cli(["--version", "--json"])).stdout, "version", false);
  });
});

describe("with --json a failure is an error document and nothing else", () => {
  test.each(commands)("$name with an option it does not have", async ({ name }) => {
    const outcome = await home.cli([...name.split(" "), "--json", "--no-such-option"]);
    expectFailure(outcome);
    expect(outcome.code).toBe(2);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: "Usage" } });
  });

  test.each<[string, readonly string[], number, string]>([
    ["no such command", ["nonsense"], 2, "Usage"],
    ["half a command", ["daemon"], 2, "Usage"],
    ["nothing to run", ["run"], 2, "Usage"],
    ["nothing to hash", ["hash"], 2, "Usage"],
    ["no such job", ["run", "gret"], 1, "JobNotFound"],
    ["no such program", ["run", "--", "no-such-program"], 127, "CommandNotFound"],
    ["no program", ["run", "--", "/etc/passwd"], 126, "CommandNotExecutable"],
    ["no such run", ["show", "nothing"], 1, "RunNotFound"],
    ["no such run to compare", ["diff", "greet", "nothing"], 1, "RunNotFound"],
    ["a run that has ended", ["cancel", "greet"], 1, "IllegalTransition"],
    ["a bad configuration", ["--config", "bad.toml", "list"], 78, "ConfigInvalid"],
    ["no list of digests", ["hash", "--check", "nothing"], 1, "ListUnreadable"],
    ["no log", ["--state-dir", "nowhere", "daemon", "logs"], 1, "NoLog"],
    ["trust that nobody can be asked for", ["trust", "--state-dir", "other"], 77, "NotTrusted"],
  ])("%s", async (_name, words, code, kind) => {
    const outcome = await home.cli(["--json", ...words]);
    expectFailure(outcome);
    expect(outcome.code).toBe(code);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: kind } });
  });

  test.each(inOrder)("$name where no daemon can start", async ({ name, document, isPerLine = false }) => {
    const words = CASES[name]?.()[0] ?? [];
    const outcome = await home.cli([...name.split(" "), "--json", ...words], {
      env: { ORCHASTRATION_STATE_DIR: "/etc/passwd" },
    });
    if (outcome.stdout.includes('"error":{"code"')) expectFailure(outcome);
    else expectDocuments(outcome.stdout, document, isPerLine);
  });
});
