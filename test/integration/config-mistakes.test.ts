import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { connectRaw, INITIALIZE } from "../support/raw-connection.ts";

/** What every file below begins with: a mistake stands on the line after it, or further down. */
const GOOD = `[jobs.good]
command = ["echo", "good"]
`;

interface Mistake {
  readonly toml: string;
  readonly line: number;
  readonly key: string;
  readonly message: RegExp;
}

const MISTAKES: readonly (readonly [name: string, mistake: Mistake])[] = [
  ["syntax", { toml: `${GOOD}[jobs.x\ncommand = ["ls"]\n`, line: 3, key: "jobs.x", message: /"\]"/ }],
  [
    "a string that is never closed",
    { toml: `${GOOD}description = "open\n`, line: 3, key: "jobs.good.description", message: /closing quote/ },
  ],
  [
    "a key given twice",
    { toml: `${GOOD}command = ["ls"]\n`, line: 3, key: "jobs.good.command", message: /already defined on line 2/ },
  ],
  [
    "a string where a list belongs",
    { toml: `${GOOD}\n[jobs.x]\ncommand = "ls -la"\n`, line: 5, key: "jobs.x.command", message: /list of strings/ },
  ],
  [
    "a number where a string belongs",
    { toml: `${GOOD}env = { A = "a", N = 1 }\n`, line: 3, key: "jobs.good.env.N", message: /string/ },
  ],
  [
    "an unknown key, with the one that was meant",
    { toml: `${GOOD}timeout_second = 3\n`, line: 3, key: "jobs.good.timeout_second", message: /timeout_seconds/ },
  ],
  ["an unknown section", { toml: `${GOOD}[job.x]\n`, line: 3, key: "job", message: /jobs/ }],
  ["an empty command", { toml: `${GOOD}[jobs.x]\ncommand = []\n`, line: 4, key: "jobs.x.command", message: /program/ }],
  [
    "no command",
    { toml: `${GOOD}[jobs.x]\ntty = false\n`, line: 3, key: "jobs.x.command", message: /list of strings/ },
  ],
  [
    "an empty program",
    { toml: `${GOOD}[jobs.x]\ncommand = [\n  " ",\n]\n`, line: 5, key: "jobs.x.command[0]", message: /program/ },
  ],
  ["a bad level", { toml: `${GOOD}[logging]\nlevel = "loud"\n`, line: 4, key: "logging.level", message: /"info"/ }],
  [
    "a negative timeout",
    { toml: `${GOOD}timeout_seconds = -1\n`, line: 3, key: "jobs.good.timeout_seconds", message: /0 to/ },
  ],
  [
    "a name that leads out of the folder",
    { toml: `${GOOD}[jobs."../x"]\ncommand = ["ls"]\n`, line: 3, key: 'jobs."../x"', message: /name/ },
  ],
  [
    "a name with a slash",
    { toml: `${GOOD}[jobs."a/b"]\ncommand = ["ls"]\n`, line: 3, key: 'jobs."a/b"', message: /name/ },
  ],
  [
    "a name that Windows reserves",
    { toml: `${GOOD}[jobs.con]\ncommand = ["ls"]\n`, line: 3, key: "jobs.con", message: /name/ },
  ],
  [
    "a name of 300 characters",
    {
      toml: `${GOOD}[jobs.${"n".repeat(300)}]\ncommand = ["ls"]\n`,
      line: 3,
      key: `jobs.${"n".repeat(300)}`,
      message: /name/,
    },
  ],
  [
    "the name of ad hoc runs",
    { toml: `${GOOD}[jobs.adhoc]\ncommand = ["ls"]\n`, line: 3, key: "jobs.adhoc", message: /adhoc/ },
  ],
  [
    "a placeholder that no agent gets",
    {
      toml: `${GOOD}[agents.x]\ncommand = ["ls", "{nonsense}"]\n`,
      line: 4,
      key: "agents.x.command[1]",
      message: /nonsense/,
    },
  ],
  [
    "a mistake behind a byte order mark and CRLF",
    {
      toml: `\uFEFF${GOOD}timeout_seconds = -1\n`.replaceAll("\n", "\r\n"),
      line: 3,
      key: "jobs.good.timeout_seconds",
      message: /0 to/,
    },
  ],
];

let home: Home;

beforeAll(() => {
  home = createHome();
});
afterAll(() => home[Symbol.asyncDispose]());

describe("a mistake is refused with its line and key", () => {
  test.each(MISTAKES)("%s", async (_name, { toml, line, key, message }) => {
    home.writeConfig(toml);
    const said = `${home.configFile}:${line}: ${key}: `;

    const check = await home.cli(["config", "check"]);
    expect(check.code).toBe(78);
    const lineAboutIt = check.stdout.split("\n").find((text) => text.startsWith(said)) ?? check.stdout;
    expect(lineAboutIt).toContain(said);
    expect(lineAboutIt).toMatch(message);
    const document = JSON.parse((await home.cli(["--json", "config", "check"])).stdout) as { problems: unknown[] };
    expect(document.problems).toContainEqual(expect.objectContaining({ file: home.configFile, line, key }));

    for (const args of [["run", "good"], ["run", "--", "true"], ["list"], ["status"], ["config", "show"]]) {
      const { code, stdout, stderr } = await home.cli(args);
      expect({ args, code, stdout }).toEqual({ args, code: 78, stdout: "" });
      expect(stderr).toContain(said);
    }
    const asJson = await home.cli(["--json", "list"]);
    expect(asJson.code).toBe(78);
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      error: { code: "ConfigInvalid", message: expect.stringContaining(said) },
    });
  });

  test("every mistake of a file at once", async () => {
    home.writeConfig(`${GOOD}timeout_seconds = -1\ntty = "yes"\n[logging]\nlevel = "loud"\n`);
    const { stdout } = await home.cli(["config", "check"]);
    const lines = [3, 4, 6].map((line) => `${home.configFile}:${line}: `);
    expect(stdout.trim().split("\n")).toEqual(lines.map((line) => expect.stringContaining(line)));
  });

  test("nothing is recorded for what was refused", async () => {
    expect(await home.json(["runs"])).toEqual({ runs: [] });
  });
});

describe("a file that cannot be read", () => {
  test("a link that leads to itself", async () => {
    const loop = join(home.dir, "loop.toml");
    symlinkSync(loop, loop);
    await expectUnreadable(loop, /ELOOP|links/i);
  });

  test("a directory", () => expectUnreadable(home.dir, /directory/i));

  test("a file that --config names and nobody has", () => expectUnreadable(join(home.dir, "absent.toml"), /no such/));

  test("bytes that are no UTF-8", async () => {
    const file = join(home.dir, "latin1.toml");
    writeFileSync(file, Buffer.from(`${GOOD}description = "caf\u00e9"\n`, "latin1"));
    await expectUnreadable(file, /UTF-8/);
  });

  async function expectUnreadable(file: string, message: RegExp): Promise<void> {
    for (const args of [["config", "check"], ["list"], ["run", "--", "true"]]) {
      const { code, stdout, stderr } = await home.cli(["--config", file, ...args]);
      expect({ args, code }).toEqual({ args, code: 78 });
      expect(stdout + stderr).toContain(file);
      expect(stdout + stderr).toMatch(message);
    }
  }
});

describe("a file without mistakes", () => {
  test.each([
    ["CRLF", GOOD.replaceAll("\n", "\r\n")],
    ["a byte order mark", `\uFEFF${GOOD}`],
    ["both", `\uFEFF${GOOD}`.replaceAll("\n", "\r\n")],
  ])("%s", async (_name, toml) => {
    home.writeConfig(toml);
    expect((await home.cli(["config", "check"])).code).toBe(0);
    expect((await home.cli(["list"])).stdout).toBe("good\n");
    expect((await home.cli(["run", "good"])).stdout).toBe("good\n");
  });

  test("--config takes the place of the global file", async () => {
    home.writeConfig("this is no TOML");
    const other = join(home.dir, "other.toml");
    writeFileSync(other, '[jobs.other]\ncommand = ["echo", "other"]\n');
    expect((await home.cli(["--config", other, "list"])).stdout).toBe("other\n");
    expect((await home.cli(["run", "other"], { env: { ORCHASTRATION_CONFIG: other } })).stdout).toBe("other\n");
    expect((await home.cli(["--config", other, "config", "path"])).stdout).toBe(`${other}\n`);
  });

  test("config show --origin says which layer and line a value comes from", async () => {
    home.writeConfig(`${GOOD}env = { NAME = "the value" }\n[logging]\nlevel = "debug"\n`);
    const { stdout } = await home.cli(["config", "show", "--origin"]);
    expect(stdout).toContain(`logging.level = "debug"  # global ${home.configFile}:5\n`);
    expect(stdout).toContain(`jobs.good.command = ["echo","good"]  # global ${home.configFile}:2\n`);
    expect(stdout).toContain('hash.algorithm = "sha256"  # default\n');
    // Of an environment only names are shown.
    expect(stdout).toContain('jobs.good.env = ["NAME"]');
    expect(stdout).not.toContain("the value");
  });
});

describe("a project file", () => {
  test("is checked, and counts for nothing before it is trusted", async () => {
    home.writeConfig(GOOD);
    const root = join(home.dir, "project");
    const file = join(root, ".orchastration/config.toml");
    mkdirSync(dirname(file), { recursive: true });
    mkdirSync(join(root, ".git"));
    writeFileSync(join(root, ".git/HEAD"), "ref: refs/heads/main\n");
    writeFileSync(file, '[jobs.own]\ncommand = ["true"]\ntty = 3\n');
    const check = await home.cli(["config", "check"], { cwd: root });
    expect(check.code).toBe(78);
    expect(check.stdout).toContain(`${file}:3: jobs.own.tty: `);
    expect((await home.cli(["list"], { cwd: root })).stdout).toBe("good\n");

    writeFileSync(file, '[jobs.own]\ncommand = ["true"]\n[daemon]\nenvironment = ["PATH"]\n');
    const warned = await home.cli(["config", "check"], { cwd: root });
    expect(warned.code).toBe(0);
    expect(warned.stdout).toContain(`${file}:3: warning: daemon: `);
    expect((await home.cli(["trust", "--yes"], { cwd: root })).code).toBe(0);
    const { stdout } = await home.cli(["config", "show", "--origin"], { cwd: root });
    expect(stdout).toContain(`jobs.own.command = ["true"]  # project ${file}:2\n`);
    expect(stdout).toContain('daemon.environment = ["*"]  # default\n');
  });
});

describe("a running daemon", () => {
  test("keeps the last good configuration, and says so in its status and in the event log", async () => {
    await using home = createHome();
    home.writeConfig(`${GOOD}[limits]\nconcurrency = 1\n`);
    await home.cli(["daemon", "start"]);
    const { socket } = await home.json(["daemon", "status"]);
    const events = await connectRaw(String(socket));
    await events.call(1, "initialize", INITIALIZE);
    await events.call(2, "events.subscribe", {});
    const named = (name: string) => events.nextUntil(({ params }) => params?.name === name);

    const rejected = named("config.rejected");
    home.writeConfig(`${GOOD}[limits]\nconcurrency = "many"\n`);
    expect((await rejected).at(-1)?.params).toMatchObject({
      payload: { file: home.configFile, problems: [expect.stringContaining(":4: limits.concurrency: ")] },
    });
    expect(await home.json(["daemon", "status"])).toMatchObject({
      warnings: [expect.stringContaining(`${home.configFile}:4: limits.concurrency: `)],
    });

    // The limit of the last good content still holds: the second run of another, good configuration has to wait.
    const good = join(home.dir, "good.toml");
    writeFileSync(good, GOOD);
    const detached = ["--config", good, "run", "--detach", "--"];
    await home.cli([...detached, "sleep", "600"]);
    const second = (await home.cli([...detached, "true"])).stdout.trim();
    expect(await home.json(["show", second])).toMatchObject({ status: "queued" });

    const reloaded = named("config.reloaded");
    home.writeConfig(GOOD);
    await reloaded;
    expect(await home.json(["daemon", "status"])).toMatchObject({ warnings: [] });
    await home.cli(["logs", second, "--follow"]);
    expect(await home.json(["show", second])).toMatchObject({ status: "succeeded" });
    events.close();
  });

  test("starts with the defaults when its configuration is bad, and says so", async () => {
    await using home = createHome();
    home.writeConfig("nonsense");
    expect((await home.cli(["daemon", "start"])).code).toBe(0);
    expect(await home.json(["daemon", "status"])).toMatchObject({
      warnings: [expect.stringContaining(`${home.configFile}:1: `)],
    });
  });
});
