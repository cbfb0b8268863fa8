import { chmod, mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { resolveWorkingDir } from "../../src/config/config.ts";
import { type ConfigLoader, type ConfigRequest, createConfigLoader } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { createTemporaryDirectory, type TemporaryDirectory } from "./temporary-repository.ts";

interface Setting extends AsyncDisposable {
  readonly directory: TemporaryDirectory;
  readonly globalFile: string;
  /** Of the repository `repo`. */
  readonly root: string;
  readonly projectFile: string;
  readonly trusted: Set<string>;
  readonly loader: ConfigLoader;
  /** From within the repository. */
  readonly request: ConfigRequest;
}

async function arrange(texts: { readonly global?: string; readonly project?: string }): Promise<Setting> {
  const directory = await createTemporaryDirectory();
  const root = join(directory.path, "repo");
  await mkdir(root);
  directory.git(root, "init", "-q");
  const globalFile = join(directory.path, "home", "config.toml");
  const projectFile = join(root, ".orchastration", "config.toml");
  if (texts.global !== undefined) await directory.write("home/config.toml", texts.global);
  if (texts.project !== undefined) await directory.write("repo/.orchastration/config.toml", texts.project);
  const trusted = new Set([root]);
  return {
    directory,
    globalFile,
    root,
    projectFile,
    trusted,
    loader: createConfigLoader({ trust: { isTrusted: (repository) => trusted.has(repository) } }),
    request: { cwd: root, globalFile },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

async function refusal(loading: Promise<unknown>) {
  const error = await loading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigError)) throw new Error("the configuration was not refused", { cause: error });
  return error.problems;
}

const build = '[jobs.build]\ncommand = ["make"]\n';

describe("layers", () => {
  test("without any file the defaults are in force", async () => {
    await using setting = await arrange({});
    const { config, problems, project } = await setting.loader.load(setting.request);
    expect(problems).toEqual([]);
    expect(project).toEqual({ state: "absent", root: setting.root, file: setting.projectFile });
    expect(config).toEqual({
      jobs: new Map(),
      tasks: new Map(),
      agents: new Map(),
      orchestrations: new Map(),
      logging: { level: "info" },
      hash: { algorithm: "sha256" },
      daemon: { idleExitMs: null, stopGraceMs: 5000, environment: ["*"] },
      limits: { concurrency: null, groups: new Map() },
      idle: { timeoutMs: 10_000, dwellMs: 2000 },
      attach: { detachKeys: "ctrl-q" },
      confirm: { isYesDefault: false },
      worktrees: { root: null, include: [], setup: null },
      merge: { strategy: "squash", protected: [] },
      journal: { segmentBytes: 16_777_216, sessionBytes: 4_294_967_296, totalBytes: null, retentionMs: null },
      supervisor: { maxSessions: 256 },
      notify: { on: [], command: null },
      database: { busyTimeoutMs: 5000, synchronous: "FULL" },
    });
  });

  test("the project file is stronger than the global one, key by key", async () => {
    await using setting = await arrange({
      global: '[idle]\ntimeout_seconds = 30\ndwell_seconds = 1.5\n[hash]\nalgorithm = "sha1"\n',
      project: "[idle]\ntimeout_seconds = 60\n",
    });
    const { config } = await setting.loader.load(setting.request);
    expect(config.idle).toEqual({ timeoutMs: 60_000, dwellMs: 1500 });
    expect(config.hash.algorithm).toBe("sha1");
  });

  test("a job of both files is the project's as a whole", async () => {
    await using setting = await arrange({
      global: '[jobs.build]\ncommand = ["global"]\nenv = { A = "1" }\n[jobs.other]\ncommand = ["other"]\n',
      project: '[jobs.build]\ncommand = ["project"]\n',
    });
    const { config } = await setting.loader.load(setting.request);
    expect(config.jobs.get("build")).toMatchObject({
      argv: ["project"],
      env: {},
      scope: { kind: "repository", root: setting.root },
      origin: { layer: "project", file: setting.projectFile, line: 1 },
    });
    expect(config.jobs.get("other")).toMatchObject({
      argv: ["other"],
      scope: { kind: "global" },
      origin: { layer: "global", file: setting.globalFile, line: 4 },
    });
  });

  test("limits of groups are merged by name", async () => {
    await using setting = await arrange({
      global: "[limits.groups.a]\nconcurrency = 0\n[limits.groups.b]\nconcurrency = 2\n",
    });
    const { config } = await setting.loader.load(setting.request);
    expect(config.limits).toEqual({
      concurrency: null,
      groups: new Map([
        ["a", { concurrency: null }],
        ["b", { concurrency: 2 }],
      ]),
    });
  });

  test("environment is stronger than files, and flags stronger than that", async () => {
    await using setting = await arrange({ global: '[attach]\ndetach_keys = "ctrl-a"\n' });
    const environment = { ORCHASTRATION_DETACH_KEYS: "ctrl-p,ctrl-q", OTHER: "x" };
    const fromEnvironment = await setting.loader.load({ ...setting.request, environment });
    expect(fromEnvironment.config.attach.detachKeys).toBe("ctrl-p,ctrl-q");
    const flags = { attach: { detach_keys: "ctrl-z" } };
    const fromFlags = await setting.loader.load({ ...setting.request, environment, flags });
    expect(fromFlags.config.attach.detachKeys).toBe("ctrl-z");
    const fromEmpty = await setting.loader.load({ ...setting.request, environment: { ORCHASTRATION_DETACH_KEYS: "" } });
    expect(fromEmpty.config.attach.detachKeys).toBe("ctrl-a");
  });

  test("a bad variable is refused by its name", async () => {
    await using setting = await arrange({});
    const environment = { ORCHASTRATION_DETACH_KEYS: "strg-q" };
    expect(await refusal(setting.loader.load({ ...setting.request, environment }))).toMatchObject([
      { file: "ORCHASTRATION_DETACH_KEYS", line: null, key: "attach.detach_keys" },
    ]);
  });
});

describe("definitions", () => {
  test("of jobs carry everything that the file says", async () => {
    await using setting = await arrange({
      global: `[jobs.full]
description = "Everything"
command = ["a", "", "b c", "\\n", "$(x)", "🚀"]
working_dir = "sub"
timeout_seconds = 0.25
env = { A = "1", B = "" }
tty = true
group = "g"
priority = -3
outputs = ["dist/a"]
[jobs.bare]
command = ["true"]
[jobs.tiny]
command = ["true"]
timeout_seconds = 0.0001
[limits.groups.g]
concurrency = 1
`,
    });
    const { jobs } = (await setting.loader.load(setting.request)).config;
    expect(jobs.get("full")).toEqual({
      name: "full",
      description: "Everything",
      argv: ["a", "", "b c", "\n", "$(x)", "🚀"],
      workingDir: "sub",
      timeoutMs: 250,
      env: { A: "1", B: "" },
      isTty: true,
      group: "g",
      priority: -3,
      outputs: ["dist/a"],
      scope: { kind: "global" },
      origin: { layer: "global", file: setting.globalFile, line: 1 },
    });
    expect(jobs.get("bare")).toMatchObject({
      description: "",
      workingDir: ".",
      timeoutMs: null,
      env: {},
      isTty: false,
      group: null,
    });
    expect(jobs.get("tiny")?.timeoutMs).toBe(1);
  });

  test("of tasks, agents and orchestrations too", async () => {
    await using setting = await arrange({
      global: `[tasks.t]
command = ["make"]
working_dir = "/src"
repo = "external"
documents = ["a.md"]
[agents.BuilderAgent]
command = ["x", "{task_slug}"]
resume = ["x", "-c"]
on_exit = "complete"
[orchestrations.line]
agents = ["PlannerAgent", "DocAgent"]
[orchestrations.wide]
steps = [["BuilderAgent", "ReviewerAgent"]]
`,
    });
    const { tasks, agents, orchestrations } = (await setting.loader.load(setting.request)).config;
    expect(tasks.get("t")).toMatchObject({
      argv: ["make"],
      repo: "external",
      status: "planned",
      outputs: [],
      documents: ["a.md"],
    });
    expect(agents.get("BuilderAgent")).toMatchObject({ resumeArgv: ["x", "-c"], prompt: "argv", onExit: "complete" });
    expect(orchestrations.get("line")?.steps).toEqual([["PlannerAgent"], ["DocAgent"]]);
    expect(orchestrations.get("wide")?.steps).toEqual([["BuilderAgent", "ReviewerAgent"]]);
  });

  test("a relative working directory counts from the repository or from the caller", async () => {
    await using setting = await arrange({
      global: '[jobs.g]\ncommand = ["a"]\nworking_dir = "x"\n',
      project: '[jobs.p]\ncommand = ["a"]\n',
    });
    const { jobs } = (await setting.loader.load({ ...setting.request, cwd: setting.root })).config;
    const resolved = [...jobs.values()].map((job) => [job.name, resolveWorkingDir(job, "/caller")]);
    expect(Object.fromEntries(resolved)).toEqual({ g: "/caller/x", p: setting.root });
  });

  test("a job with an unknown group is pointed out, and loads", async () => {
    await using setting = await arrange({
      global: "[limits.groups.builds]\nconcurrency = 1\n",
      project: `${build}group = "build"\n`,
    });
    const { problems } = await setting.loader.load(setting.request);
    expect(problems).toMatchObject([
      { severity: "warning", file: setting.projectFile, line: 3, key: "jobs.build.group", suggestion: "builds" },
    ]);
  });
});

describe("the project file", () => {
  test("is the main worktree's, also from a linked worktree that has its own", async () => {
    await using setting = await arrange({ project: build });
    setting.directory.git(setting.root, "commit", "-q", "--allow-empty", "-m", "first");
    const linked = join(setting.directory.path, "linked");
    setting.directory.git(setting.root, "worktree", "add", "-q", "--detach", linked);
    await setting.directory.write("linked/.orchastration/config.toml", '[jobs.evil]\ncommand = ["evil"]\n');
    const { config, project } = await setting.loader.load({ ...setting.request, cwd: linked });
    expect([...config.jobs.keys()]).toEqual(["build"]);
    expect(project).toMatchObject({ state: "trusted", root: setting.root });
  });

  test("says nothing until it is trusted, and its names are known", async () => {
    await using setting = await arrange({
      global: '[jobs.build]\ncommand = ["mine"]\n',
      project: `${build}[idle]\ntimeout_seconds = 1\n`,
    });
    setting.trusted.clear();
    const { config, project, files } = await setting.loader.load(setting.request);
    expect(config.jobs.get("build")?.argv).toEqual(["mine"]);
    expect(config.idle.timeoutMs).toBe(10_000);
    expect(project).toEqual({
      state: "untrusted",
      root: setting.root,
      file: setting.projectFile,
      names: { job: ["build"], task: [], orchestration: [] },
    });
    expect(files).toEqual([
      { layer: "global", file: setting.globalFile, exists: true, isUsed: true },
      { layer: "project", file: setting.projectFile, exists: true, isUsed: false },
    ]);
  });

  test("refuses nothing by its mistakes until it is trusted", async () => {
    await using setting = await arrange({ global: build, project: "[jobs\n" });
    setting.trusted.clear();
    const { config, project, problems } = await setting.loader.load(setting.request);
    expect([...config.jobs.keys()]).toEqual(["build"]);
    expect(project).toMatchObject({ state: "untrusted", names: { job: [] } });
    expect(problems).toEqual([]);
    setting.trusted.add(setting.root);
    expect(await refusal(setting.loader.load(setting.request))).toMatchObject([{ file: setting.projectFile, line: 1 }]);
  });

  test("is refused when nobody can tell whether it is trusted", async () => {
    await using setting = await arrange({ project: build });
    const isTrusted = () => Promise.reject(new Error("trust.json is damaged"));
    const loader = createConfigLoader({ trust: { isTrusted } });
    const told = [{ file: setting.projectFile, message: expect.stringContaining("trust.json is damaged") }];
    expect(await refusal(loader.load(setting.request))).toMatchObject(told);
    expect((await loader.check(setting.request)).problems).toMatchObject(told);
    expect((await loader.loadOrLastGood(setting.request)).config.jobs.size).toBe(0);
  });

  test("does not exist outside of a repository", async () => {
    await using setting = await arrange({ global: build });
    await setting.directory.write("plain/.orchastration/config.toml", '[jobs.x]\ncommand = ["x"]\n');
    const cwd = join(setting.directory.path, "plain");
    const { config, project, files } = await setting.loader.load({ ...setting.request, cwd });
    expect([...config.jobs.keys()]).toEqual(["build"]);
    expect(project).toEqual({ state: "outside" });
    expect(files).toHaveLength(1);
  });

  test("has no say about global settings, and is warned about them", async () => {
    await using setting = await arrange({ project: '[daemon]\nenvironment = []\n[agents.a]\ncommand = ["./evil"]\n' });
    const { config, problems } = await setting.loader.load(setting.request);
    expect(config.daemon.environment).toEqual(["*"]);
    expect(config.agents.size).toBe(0);
    expect(problems.map(({ severity, key }) => [severity, key])).toEqual([
      ["warning", "daemon"],
      ["warning", "agents"],
    ]);
  });
});

describe("a bad file", () => {
  test("is refused with the problems of both files", async () => {
    await using setting = await arrange({ global: '[logging]\nlevel = "x"\n', project: "[idle]\nfoo = 1\n" });
    expect(await refusal(setting.loader.load(setting.request))).toMatchObject([
      { file: setting.globalFile, line: 2, key: "logging.level" },
      { file: setting.projectFile, line: 2, key: "idle.foo" },
    ]);
  });

  test("names its problems in the message of the error, and no environment value", async () => {
    await using setting = await arrange({ global: `${build}env = { TOKEN = 48151623 }\n` });
    const error = await setting.loader.load(setting.request).catch((reason: unknown) => reason);
    expect(String(error)).toContain(`${setting.globalFile}:3: jobs.build.env.TOKEN: expected a string`);
    expect(String(error)).not.toContain("48151623");
  });

  test("does not take the last good one from the daemon", async () => {
    await using setting = await arrange({ global: '[logging]\nlevel = "debug"\n' });
    expect((await setting.loader.load(setting.request)).config.logging.level).toBe("debug");
    await writeFile(setting.globalFile, '[logging]\nlevel = "loud"\n');
    await refusal(setting.loader.load(setting.request));
    const kept = await setting.loader.loadOrLastGood(setting.request);
    expect(kept.config.logging.level).toBe("debug");
    expect(kept.problems).toMatchObject([{ severity: "error", line: 2, key: "logging.level" }]);
    await writeFile(setting.globalFile, '[logging]\nlevel = "error"\n');
    expect((await setting.loader.loadOrLastGood(setting.request)).config.logging.level).toBe("error");
  });

  test("of the project leaves its last good one too", async () => {
    await using setting = await arrange({ project: build });
    await setting.loader.load(setting.request);
    await writeFile(setting.projectFile, "[jobs\n");
    expect([...(await setting.loader.loadOrLastGood(setting.request)).config.jobs.keys()]).toEqual(["build"]);
    setting.trusted.clear();
    expect([...(await setting.loader.loadOrLastGood(setting.request)).config.jobs.keys()]).toEqual([]);
  });

  test("that never was good leaves the defaults", async () => {
    await using setting = await arrange({ global: "[\n" });
    const { config, problems } = await setting.loader.loadOrLastGood(setting.request);
    expect(config.logging.level).toBe("info");
    expect(problems).toHaveLength(1);
  });

  test("that became a directory leaves the last good one", async () => {
    await using setting = await arrange({ global: '[logging]\nlevel = "debug"\n' });
    await setting.loader.load(setting.request);
    await rm(setting.globalFile);
    await mkdir(setting.globalFile);
    expect(await refusal(setting.loader.load(setting.request))).toMatchObject([
      { line: null, message: expect.stringContaining("directory") },
    ]);
    expect((await setting.loader.loadOrLastGood(setting.request)).config.logging.level).toBe("debug");
  });

  test("of one client is no problem of another", async () => {
    await using setting = await arrange({ global: build });
    const bad = await setting.directory.write("other.toml", "x");
    await refusal(setting.loader.load({ ...setting.request, globalFile: bad }));
    expect((await setting.loader.load(setting.request)).problems).toEqual([]);
  });
});

describe("a global file", () => {
  test("that was named must exist", async () => {
    await using setting = await arrange({});
    expect(await refusal(setting.loader.load({ ...setting.request, isGlobalFileNamed: true }))).toMatchObject([
      { file: setting.globalFile, message: "there is no such configuration file" },
    ]);
  });

  test("is read again whenever it changed", async () => {
    await using setting = await arrange({ global: "" });
    const level = async () => (await setting.loader.load(setting.request)).config.hash.algorithm;
    const write = (algorithm: string) => writeFile(setting.globalFile, `[hash]\nalgorithm = "${algorithm}"\n`);
    for (let round = 0; round < 50; round += 1) {
      await write("sha256");
      expect(await level()).toBe("sha256");
      await write("sha512");
      expect(await level()).toBe("sha512");
    }
  });

  test("is read again after a change that kept size and modification time", async () => {
    await using setting = await arrange({ global: '[hash]\nalgorithm = "sha256"\n' });
    const longAgo = new Date("2020-01-01");
    await utimes(setting.globalFile, longAgo, longAgo);
    expect((await setting.loader.load(setting.request)).config.hash.algorithm).toBe("sha256");
    const replacement = await setting.directory.write("new.toml", '[hash]\nalgorithm = "sha512"\n');
    await utimes(replacement, longAgo, longAgo);
    await rename(replacement, setting.globalFile);
    expect((await setting.loader.load(setting.request)).config.hash.algorithm).toBe("sha512");
  });

  test("is parsed once while it stays the same", async () => {
    await using setting = await arrange({ global: build });
    const longAgo = new Date("2020-01-01");
    await utimes(setting.globalFile, longAgo, longAgo);
    const job = async () => (await setting.loader.load(setting.request)).config.jobs.get("build");
    const first = await job();
    expect((await job())?.argv).toBe(first?.argv);
    await chmod(setting.globalFile, 0o600);
    expect((await job())?.argv).not.toBe(first?.argv);
  });

  test("that could not be read for a while loads again", async () => {
    await using setting = await arrange({ global: build });
    await setting.loader.load(setting.request);
    await rename(setting.globalFile, `${setting.globalFile}.good`);
    await mkdir(setting.globalFile);
    await refusal(setting.loader.load(setting.request));
    await rm(setting.globalFile, { recursive: true });
    await rename(`${setting.globalFile}.good`, setting.globalFile);
    expect((await setting.loader.load(setting.request)).config.jobs.size).toBe(1);
  });

  test("may be a link", async () => {
    await using setting = await arrange({ global: "" });
    const target = await setting.directory.write("dotfiles/config.toml", build);
    await rm(setting.globalFile);
    await symlink(target, setting.globalFile);
    expect([...(await setting.loader.load(setting.request)).config.jobs.keys()]).toEqual(["build"]);
  });

  test("that was removed leaves the defaults", async () => {
    await using setting = await arrange({ global: '[logging]\nlevel = "debug"\n' });
    await setting.loader.load(setting.request);
    await rm(setting.globalFile);
    expect((await setting.loader.loadOrLastGood(setting.request)).config.logging.level).toBe("info");
  });
});

describe("where values come from", () => {
  test("is told for every value in force", async () => {
    await using setting = await arrange({
      global: '[logging]\nlevel = "debug"\n[jobs.build]\ncommand = ["global"]\ntty = true\n',
      project: '\n[jobs.build]\ncommand = ["project"]\n[idle]\ndwell_seconds = 5\n',
    });
    const environment = { ORCHASTRATION_DETACH_KEYS: "ctrl-z" };
    const { config, listOrigins } = await setting.loader.load({
      ...setting.request,
      environment,
      flags: { hash: { algorithm: "sha1" } },
    });
    const entries = listOrigins();
    const entryOf = (key: string) => entries.filter((entry) => entry.key === key);
    expect(config.jobs.size).toBe(1);
    const { globalFile, projectFile } = setting;
    expect(entryOf("logging.level")).toEqual([
      { key: "logging.level", value: "debug", layer: "global", file: globalFile, line: 2 },
    ]);
    expect(entryOf("idle.dwell_seconds")).toMatchObject([{ value: 5, layer: "project", file: projectFile, line: 5 }]);
    expect(entryOf("idle.timeout_seconds")).toMatchObject([{ value: 10, layer: "default", file: null, line: null }]);
    expect(entryOf("jobs.build.command")).toMatchObject([{ value: ["project"], layer: "project", line: 3 }]);
    expect(entryOf("jobs.build.tty")).toEqual([]);
    expect(entryOf("attach.detach_keys")).toMatchObject([
      { value: "ctrl-z", layer: "environment", file: null, line: null },
    ]);
    expect(entryOf("hash.algorithm")).toMatchObject([{ value: "sha1", layer: "flag" }]);
    expect(entries.map(({ key }) => key)).toEqual(entries.map(({ key }) => key).toSorted());
    expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length);
  });

  test("is told of an environment table by its names only", async () => {
    await using setting = await arrange({ global: `${build}env = { TOKEN = "topsecret", B = "topsecret" }\n` });
    const entries = (await setting.loader.load(setting.request)).listOrigins();
    expect(entries).toContainEqual({
      key: "jobs.build.env",
      value: ["TOKEN", "B"],
      layer: "global",
      file: setting.globalFile,
      line: 3,
    });
    expect(JSON.stringify(entries)).not.toContain("topsecret");
  });

  test("a job whose name begins as another's keeps its own values", async () => {
    await using setting = await arrange({
      global: '[jobs.a]\ncommand = ["x"]\n[jobs.ab]\ncommand = ["y"]\n[jobs."a.b"]\ncommand = ["z"]\n',
      project: '[jobs.a]\ncommand = ["new"]\n',
    });
    const entries = (await setting.loader.load(setting.request))
      .listOrigins()
      .filter(({ key }) => key.startsWith("jobs"));
    expect(entries.map(({ key, value }) => [key, value])).toEqual([
      ['jobs."a.b".command', ["z"]],
      ["jobs.a.command", ["new"]],
      ["jobs.ab.command", ["y"]],
    ]);
  });
});

describe("checking", () => {
  test("tells everything about both files, trusted or not", async () => {
    await using setting = await arrange({
      global: '[logging]\nlevle = "x"\n',
      project: `[daemon]\n${build}group = "gpu"\ntimeout_seconds = -1\n`,
    });
    setting.trusted.clear();
    const { problems, files } = await setting.loader.check(setting.request);
    expect(problems.map(({ file, line, key, severity }) => [file, line, key, severity])).toEqual([
      [setting.globalFile, 2, "logging.levle", "error"],
      [setting.projectFile, 1, "daemon", "warning"],
      [setting.projectFile, 5, "jobs.build.timeout_seconds", "error"],
    ]);
    expect(files.map(({ isUsed }) => isUsed)).toEqual([true, false]);
  });

  test("tells about groups without a limit", async () => {
    await using setting = await arrange({ global: `${build}group = "gpu"\n` });
    expect((await setting.loader.check(setting.request)).problems).toMatchObject([
      { line: 3, key: "jobs.build.group", severity: "warning" },
    ]);
  });

  test("of good files tells nothing", async () => {
    await using setting = await arrange({ global: build, project: '[jobs.x]\ncommand = ["x"]\n' });
    expect((await setting.loader.check(setting.request)).problems).toEqual([]);
  });
});
