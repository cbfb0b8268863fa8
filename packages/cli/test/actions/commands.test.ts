import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { OrchastrationError } from "@orchastration/protocol";
import { documents, methods, type Result, type Run } from "@orchastration/protocol/contract";
import { identifyProcess, writeEndpoint } from "@orchastration/protocol/node";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { startToyDaemon, type ToyOptions } from "../../../../test/support/toy-daemon.ts";
import { type CliOptions, type CliOutcome, runCli, startCli, stateDirOf } from "../run-cli.ts";

const jobs = methods["job.list"].example.result.jobs as unknown as Result<"job.list">["jobs"];
const run = methods["run.get"].example.result.run as unknown as Run;

/** Runs one command line against a daemon that answers as told. */
async function withDaemon(
  words: readonly string[],
  handlers: NonNullable<ToyOptions["handlers"]>,
  options: Partial<CliOptions> = {},
): Promise<CliOutcome> {
  const home = options.home ?? temporaryDirectory();
  await using _ = await startToyDaemon({ stateDir: stateDirOf(home), handlers });
  return await runCli(words, { ...options, home });
}

const fail =
  (...args: ConstructorParameters<typeof OrchastrationError>) =>
  () => {
    throw new OrchastrationError(...args);
  };

describe("lists", () => {
  const standing = { repository: null, isInitialized: false, tasks: [], problems: [] };
  const listed = {
    "job.list": () => ({ jobs }),
    "repository.status": () => ({ ...standing, jobs }),
    "run.list": () => ({ runs: [run] }),
  };

  test("list prints names with their descriptions", async () => {
    expect(await withDaemon(["list"], listed)).toEqual({
      code: 0,
      stdout: "sample - List current directory\n",
      stderr: "",
    });
  });

  test("to a program, tables are lines of fields between tabs", async () => {
    const { stdout } = await withDaemon(["runs"], listed);
    expect(stdout.split("\t").slice(0, 4)).toEqual([run.id, "sample", "succeeded", "0"]);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  });

  test("to a person, they have a header and columns", async () => {
    const { stdout } = await withDaemon(["status", "--no-color"], listed, { isTerminal: true });
    const [header, row] = stdout.split("\n");
    expect(header).toMatch(/^JOB +STATUS +STARTED +DURATION +RUN$/);
    expect(row?.indexOf("succeeded")).toBe(header?.indexOf("STATUS"));
  });

  test.each([
    [false, "`orchastration init`"],
    [true, "`orchastration new <slug>`"],
  ])("status of a repository without work says what to begin with (initialized: %s)", async (isInitialized, first) => {
    const empty = { ...standing, repository: "/home/ada/project", isInitialized, jobs: [] };
    const { stderr } = await withDaemon(["status"], { "repository.status": () => empty });
    expect(stderr).toBe(`No jobs are configured and no task is written down. Begin with ${first}.\n`);
  });

  test("text of others cannot act on the terminal", async () => {
    const evil = { ...jobs[0]!, description: "\u001b[2Jcleared\u202e", name: "a\tb\nc" };
    const { stdout } = await withDaemon(["list"], { "job.list": () => ({ jobs: [evil] }) }, { isTerminal: true });
    expect(stdout).not.toMatch(/[\u001b\u202e\t]/);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  });

  test("an empty list says so on stderr, and nothing on stdout", async () => {
    const nothing = {
      "job.list": () => ({ jobs: [] }),
      "repository.status": () => ({ ...standing, jobs: [] }),
      "run.list": () => ({ runs: [] }),
    };
    for (const command of ["list", "status", "runs"]) {
      const { code, stdout, stderr } = await withDaemon([command], nothing);
      expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
      expect(stderr).not.toBe("");
    }
  });

  test("--quiet leaves out what is no result", async () => {
    const { stderr } = await withDaemon(["list", "-q"], { "job.list": () => ({ jobs: [] }) });
    expect(stderr).toBe("");
  });

  test.each([
    [["list"], documents.jobList],
    [["status"], documents.status],
    [["runs"], documents.runList],
  ])("%j --json fits the contract", async (words, schema) => {
    const { stdout } = await withDaemon([...words, "--json"], listed);
    expect(() => schema.parse(JSON.parse(stdout))).not.toThrow();
  });

  test("runs passes its filters on", async () => {
    let params: unknown;
    await withDaemon(["runs", "backup", "--failed", "-n", "3"], {
      "run.list": (given) => {
        params = given;
        return { runs: [] };
      },
    });
    expect(params).toMatchObject({ name: "backup", isFailed: true, limit: 3 });
  });
});

describe("runs, as figures", () => {
  const figures = { "run.stats": () => methods["run.stats"].example.result as unknown as Result<"run.stats"> };

  test("--stats prints a line per job", async () => {
    const { stdout } = await withDaemon(["runs", "--stats", "-q"], figures);
    expect(stdout.split("\t").slice(0, 7)).toEqual(["sample", "20", "1", "1", "94.7 %", "13 ms", "40 ms"]);
  });

  test("--plot draws without colours for a program, and with them for a person who wants them", async () => {
    const runs = { "run.list": () => ({ runs: [run] }) };
    expect((await withDaemon(["runs", "--plot"], runs)).stdout).toMatch(/^sample \|#{72}$/m);
    const person = { isTerminal: true, env: { TERM: "xterm" } };
    expect((await withDaemon(["runs", "--plot"], runs, person)).stdout).toContain("\u001b[32m█");
    expect((await withDaemon(["runs", "--plot", "--no-color"], runs, person)).stdout).toMatch(/^sample \|#+$/m);
  });

  test("one of the two is shown at a time", async () => {
    expect((await withDaemon(["runs", "--plot", "--stats"], figures)).code).toBe(2);
  });
});

describe("status --watch", () => {
  test("prints again after a change, and ends with the signal that ends it", async () => {
    const home = temporaryDirectory();
    let asked = 0;
    await using daemon = await startToyDaemon({
      stateDir: stateDirOf(home),
      handlers: {
        "repository.status": () => ({
          repository: null,
          isInitialized: false,
          tasks: [],
          problems: [],
          jobs: jobs.map((job) => ({ ...job, name: `job${++asked}` })),
        }),
      },
    });
    const cli = startCli(["status", "--watch"], { home });
    await expect.poll(cli.stdout).toMatch(/^job1\t/);
    daemon.commit("run.succeeded", "run:a");
    await expect.poll(cli.stdout).toMatch(/\njob2\t/);
    cli.signal("SIGINT");
    expect((await cli.outcome).code).toBe(130);
  });
});

describe("failures", () => {
  test("say what failed and what to do, on stderr, and exit with the error's code", async () => {
    const failing = { "run.get": fail("RunNotFound", 'no run "7k3m"', { hint: "Look at orchastration runs." }) };
    expect(await withDaemon(["show", "7k3m"], failing)).toEqual({
      code: 1,
      stdout: "",
      stderr: 'orchastration: no run "7k3m"\nLook at orchastration runs.\n',
    });
  });

  test("with --json are one document on stdout and nothing else", async () => {
    const failing = { "run.get": fail("RunNotFound", "no run", { hint: "Look." }) };
    const { code, stdout, stderr } = await withDaemon(["show", "7k3m", "--json"], failing);
    expect(code).toBe(1);
    expect(stderr).toBe("");
    expect(documents.error.parse(JSON.parse(stdout))).toEqual({
      error: { code: "RunNotFound", message: "no run", hint: "Look." },
    });
  });

  test("of the command line are usage errors, in JSON too", async () => {
    const home = temporaryDirectory();
    const { code, stderr } = await runCli(["shwo"], { home });
    expect(code).toBe(2);
    expect(stderr).toContain("Did you mean `orchastration show`?");
    const json = await runCli(["shwo", "--json"], { home });
    expect(documents.error.parse(JSON.parse(json.stdout))).toMatchObject({ error: { code: "Usage" } });
  });

  test("of the configuration name every mistake with its line", async () => {
    const problem = {
      file: "/c.toml",
      line: 3,
      column: 1,
      key: "jobs.x.comand",
      message: "unknown key",
      suggestion: "command",
    };
    const failing = {
      "job.list": fail("ConfigInvalid", "the configuration has a mistake", {
        details: { problems: [{ ...problem, severity: "error" }] },
      }),
    };
    const { code, stderr } = await withDaemon(["list"], failing);
    expect(code).toBe(78);
    expect(stderr).toContain("/c.toml:3: jobs.x.comand: unknown key (did you mean command?)");
  });

  test("text in them cannot act on the terminal", async () => {
    const { stderr } = await withDaemon(["show", "x"], {
      "run.get": fail("RunNotFound", "no run \u001b]52;c;aGk=\u0007"),
    });
    expect(stderr).not.toMatch(/[\u001b\u0007]/);
  });

  test("of a program that cannot be started are shown as the daemon's", async () => {
    const home = temporaryDirectory();
    const { code, stderr } = await runCli(["list"], { home });
    expect(code).toBe(69);
    expect(stderr).toContain("daemon");
  });

  test("a connection that breaks before the answer", async () => {
    const home = temporaryDirectory();
    await using daemon = await startToyDaemon({
      stateDir: stateDirOf(home),
      handlers: {
        "job.list": () => {
          daemon.dropConnections();
          return { jobs: [] };
        },
      },
    });
    expect((await runCli(["list"], { home })).code).toBe(69);
  });
});

describe("stop and cancel", () => {
  test("cancel says that it did", async () => {
    const { code, stderr } = await withDaemon(["cancel", run.id], { "run.cancel": () => ({ run }) });
    expect({ code, stderr }).toEqual({ code: 0, stderr: `Run ${run.id} is cancelled.\n` });
  });

  test("stop waits for the end", async () => {
    const home = temporaryDirectory();
    const stopping: Run = {
      ...run,
      eventSeq: 1,
      state: {
        status: "stopping",
        startedAt: run.queuedAt,
        process: { pid: 1, startTime: "1", bootId: "b" },
        reason: "stopped",
      },
    };
    await using daemon = await startToyDaemon({
      stateDir: stateDirOf(home),
      handlers: { "run.stop": () => ({ run: stopping }) },
    });
    daemon.commit("run.stopRequested", `run:${run.id}`);
    const cli = startCli(["stop", run.id], { home });
    await expect.poll(() => daemon.subscriptions.length).toBe(1);
    const summary = { stdoutBytes: 0, stderrBytes: 0, stdoutSha256: null, stderrSha256: null };
    daemon.commit("run.stopped", `run:${run.id}`, { run: run.id, exit: null, summary, reason: "asked to" });
    expect(await cli.outcome).toMatchObject({ code: 0, stderr: `Run ${run.id} is stopped.\n` });
  });
});

describe("logs", () => {
  function recorded(home: string, stdout: string, stderr: string): Run {
    const output = { stdoutPath: join(home, "out"), stderrPath: join(home, "err") };
    writeFileSync(output.stdoutPath, stdout);
    writeFileSync(output.stderrPath, stderr);
    const summary = {
      stdoutBytes: Buffer.byteLength(stdout),
      stderrBytes: Buffer.byteLength(stderr),
      stdoutSha256: null,
      stderrSha256: null,
    };
    return { ...run, output, state: { ...run.state, summary } as Run["state"] };
  }

  async function logs(words: readonly string[], options: Partial<CliOptions> = {}): Promise<CliOutcome> {
    const home = temporaryDirectory();
    const found = recorded(home, "out \u001b[31mred\u001b[2J\n", "err\n");
    return await withDaemon(["logs", "x", ...words], { "run.get": () => ({ run: found }) }, { ...options, home });
  }

  test("prints each stream to its own, with its exact bytes", async () => {
    expect(await logs([])).toEqual({ code: 0, stdout: "out \u001b[31mred\u001b[2J\n", stderr: "err\n" });
  });

  test("chooses a stream, and a place to begin", async () => {
    expect(await logs(["--stderr"])).toMatchObject({ stdout: "err\n", stderr: "" });
    expect(await logs(["--stderr", "--since-offset", "2"])).toMatchObject({ stdout: "r\n", stderr: "" });
    expect(await logs(["--since-offset", "99"])).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("on a terminal lets nothing through but text and colours, unless asked to", async () => {
    expect((await logs([], { isTerminal: true })).stdout).toBe("out \u001b[31mred\n\u001b[0m");
    expect((await logs(["--raw"], { isTerminal: true })).stdout).toBe("out \u001b[31mred\u001b[2J\n");
  });

  test("--follow of a run that has ended prints all of it", async () => {
    expect(await logs(["--follow"])).toMatchObject({ code: 0, stdout: "out \u001b[31mred\u001b[2J\n" });
  });

  test("--json carries every byte with its place", async () => {
    const { stdout } = await logs(["--json", "--since-offset", "4"]);
    const chunk = documents.logsLine.parse(JSON.parse(stdout));
    expect(chunk).toMatchObject({ stream: "stdout", offset: 4 });
    expect("base64" in chunk && Buffer.from(chunk.base64, "base64").toString()).toBe("\u001b[31mred\u001b[2J\n");
  });

  test("leaves out what a surviving descendant wrote after the end", async () => {
    const home = temporaryDirectory();
    const found = recorded(home, "mine", "");
    appendFileSync(found.output.stdoutPath, " and a survivor's");
    for (const words of [
      ["logs", "x"],
      ["logs", "x", "--follow"],
    ]) {
      expect((await withDaemon(words, { "run.get": () => ({ run: found }) }, { home })).stdout).toBe("mine");
    }
  });

  test("says so when part of the record is gone", async () => {
    const home = temporaryDirectory();
    const found = recorded(home, "all of it", "");
    writeFileSync(found.output.stdoutPath, "all");
    const { stdout, stderr } = await withDaemon(["logs", "x"], { "run.get": () => ({ run: found }) }, { home });
    expect(stdout).toBe("all");
    expect(stderr).toMatch(/Part of the stdout of run .* is missing/);
  });
});

describe("configuration", () => {
  const problems = [
    {
      file: "/c.toml",
      line: 2,
      column: 1,
      key: "hash.algorithm",
      message: "no such algorithm",
      suggestion: null,
      severity: "error",
    },
    { file: "/c.toml", line: null, column: null, key: null, message: "old", suggestion: null, severity: "warning" },
  ] as const;

  test("config check prints file, line and key of each mistake, and exits with 78", async () => {
    const check = { "config.check": () => ({ files: [], problems: [...problems] }) };
    expect(await withDaemon(["config", "check"], check)).toEqual({
      code: 78,
      stdout: "/c.toml:2: hash.algorithm: no such algorithm\n/c.toml: warning: old\n",
      stderr: "",
    });
    const { code, stdout } = await withDaemon(["config", "check", "--json"], check);
    expect(code).toBe(78);
    expect(documents.configProblems.parse(JSON.parse(stdout)).problems).toHaveLength(2);
  });

  test("warnings alone are no failure", async () => {
    const check = { "config.check": () => ({ files: [], problems: [problems[1]] }) };
    expect((await withDaemon(["config", "check"], check)).code).toBe(0);
  });

  test("config path needs no daemon", async () => {
    const home = temporaryDirectory();
    expect((await runCli(["config", "path"], { home })).stdout).toBe(`${home}/.config/orchastration/config.toml\n`);
    expect((await runCli(["--config", "x.toml", "config", "path"], { home })).stdout).toBe(`${home}/x.toml\n`);
  });

  test("config show --origin names the layer, file and line of each value", async () => {
    const entries = [
      { key: "logging.level", value: "info", layer: "default", file: null, line: null },
      { key: "hash.algorithm", value: "sha1", layer: "global", file: "/c.toml", line: 4 },
    ] as const;
    const show = { "config.get": () => ({ files: [], entries: [...entries], warnings: [] }) };
    expect((await withDaemon(["config", "show", "--origin"], show)).stdout).toBe(
      'logging.level = "info"  # default\nhash.algorithm = "sha1"  # global /c.toml:4\n',
    );
  });
});

describe("hash", () => {
  const digest = (file: string) => ({ file, algorithm: "sha256" as const, hash: "ab".repeat(32) });
  const failure = (file: string) => ({
    file,
    error: { kind: "FileNotFound" as const, message: `Cannot hash "${file}".` },
  });
  const handlers = {
    "hash.compute": ({ files }: { files: string[] }) => ({
      outcomes: files.map((file) => (file.endsWith("missing") ? failure(file) : digest(file))),
    }),
    "config.get": () => ({ files: [], entries: [], warnings: [] }),
  };

  test("prints a JSON line per file, under the name it was given, and fails when one failed", async () => {
    const { code, stdout, stderr } = await withDaemon(["hash", "a", "missing", "b/../c"], handlers);
    expect(code).toBe(1);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => documents.hashLine.parse(JSON.parse(line))),
    ).toEqual([digest("a"), digest("b/../c")]);
    expect(stderr).toMatch(/^orchastration: Cannot hash ".*missing"\.\n$/);
  });

  test("with --json failures are lines too", async () => {
    const { stdout, stderr } = await withDaemon(["hash", "a", "missing", "--json"], handlers);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => "error" in JSON.parse(line)),
    ).toEqual([false, true]);
    expect(stderr).toBe("");
  });

  test("what is known together is written together", async () => {
    const written: string[] = [];
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written.push(chunk.toString());
        done();
      },
    });
    const files = Array.from({ length: 1_000 }, (_, n) => `file-${n}`);
    await withDaemon(["hash", ...files, "--format", "gnu"], handlers, { stdout });
    expect(written.join("")).toBe(files.map((file) => `${"ab".repeat(32)}  ${file}\n`).join(""));
    expect(written.length).toBeLessThan(20);
  });

  test("takes the configured algorithm unless one is named", async () => {
    const asked: string[] = [];
    const telling = {
      "hash.compute": ({ algorithm }: { algorithm: string }) => {
        asked.push(algorithm);
        return { outcomes: [] };
      },
      "config.get": () => ({
        files: [],
        entries: [{ key: "hash.algorithm", value: "sha512", layer: "global" as const, file: null, line: null }],
        warnings: [],
      }),
    };
    await withDaemon(["hash", "a"], telling);
    await withDaemon(["hash", "a", "--algo", "sha1"], telling);
    expect(asked).toEqual(["sha512", "sha1"]);
  });

  test("checks a list as sha256sum does", async () => {
    const home = temporaryDirectory();
    const good = "ab".repeat(32);
    writeFileSync(join(home, "sums"), `# comment\n\n${good}  a\n${"cd".repeat(32)}  b\n${good} *missing\nnonsense\n`);
    const { code, stdout, stderr } = await withDaemon(["hash", "--check", "sums"], handlers, { home });
    expect(code).toBe(1);
    expect(stdout).toBe("a: OK\nb: FAILED\nmissing: FAILED open or read\n");
    expect(stderr).toContain("WARNING: 1 line is improperly formatted");
    expect(stderr).toContain("WARNING: 1 listed file could not be read");
    expect(stderr).toContain("WARNING: 1 computed checksum did NOT match");
    expect((await withDaemon(["hash", "-qc", "sums"], handlers, { home })).stdout).not.toContain("OK");
  });

  test.each([
    [["hash"], 2, /nothing to hash/],
    [["hash", "-"], 2, /standard input/],
    [["hash", "a", "--check", "b"], 2, /--check takes the names from its list/],
    [["hash", "--check", "none"], 1, /list cannot be read.*none/],
  ])("%j is refused with a reason", async (words, code, message) => {
    const outcome = await withDaemon(words, handlers);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toMatch(message);
  });

  test("a list without a checksum in it fails", async () => {
    const home = temporaryDirectory();
    writeFileSync(join(home, "sums"), "hello\n");
    const { code, stderr } = await withDaemon(["hash", "--check", "sums"], handlers, { home });
    expect(code).toBe(1);
    expect(stderr).toContain("no properly formatted checksum line");
  });

  test("Ctrl-C gives up what is not hashed yet", async () => {
    const home = temporaryDirectory();
    const hashing = Promise.withResolvers<void>();
    await using _ = await startToyDaemon({
      stateDir: stateDirOf(home),
      handlers: {
        "hash.compute": (_params, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason as Error));
            hashing.resolve();
          }),
      },
    });
    const cli = startCli(["hash", "a", "--algo", "sha1"], { home });
    await hashing.promise;
    cli.signal("SIGINT");
    expect(await cli.outcome).toEqual({ code: 130, stdout: "", stderr: "" });
  });
});

describe("the daemon's life", () => {
  const status = methods["daemon.status"].example.result as unknown as Result<"daemon.status">;

  test("status of none says so, exits with 3 and starts none", async () => {
    const home = temporaryDirectory();
    expect(await runCli(["daemon", "status"], { home })).toEqual({
      code: 3,
      stdout: "The daemon does not run.\n",
      stderr: "",
    });
    const { code, stdout } = await runCli(["daemon", "status", "--json"], { home });
    expect(code).toBe(3);
    expect(documents.daemonState.parse(JSON.parse(stdout))).toMatchObject({
      running: false,
      state_dir: stateDirOf(home),
    });
  });

  test("status --json has what scripts need", async () => {
    const { stdout } = await withDaemon(["daemon", "status", "--json"], { "daemon.status": () => status });
    expect(documents.daemonState.parse(JSON.parse(stdout))).toMatchObject({
      pid: 4242,
      sessions: 1,
      socket: status.socket,
    });
  });

  test("stop of none is fine", async () => {
    expect(await runCli(["daemon", "stop"], { home: temporaryDirectory() })).toMatchObject({ code: 0 });
  });

  test("stop ends a daemon of another protocol by its signal, since it cannot be asked", async () => {
    const home = temporaryDirectory();
    const other = spawn(process.execPath, ["-e", "console.log(); setInterval(() => {}, 1000)"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(other.stdout, "data");
    const exited = once(other, "exit");
    mkdirSync(stateDirOf(home), { recursive: true });
    await writeEndpoint(stateDirOf(home), {
      kind: "daemon",
      process: identifyProcess(other.pid!)!,
      socket: `${home}/none`,
      version: "9.9.9",
      protocolVersions: { min: 7, max: 8 },
      startedAt: new Date().toISOString(),
    });
    expect(await runCli(["daemon", "stop", "--all"], { home })).toMatchObject({ code: 69 });
    expect(other.exitCode ?? other.signalCode).toBeNull();
    expect(await runCli(["daemon", "stop"], { home })).toMatchObject({ code: 0, stderr: "The daemon has ended.\n" });
    expect(await exited).toEqual([null, "SIGTERM"]);
  });

  test("logs of a daemon that never ran says so", async () => {
    const { code, stderr } = await runCli(["daemon", "logs"], { home: temporaryDirectory() });
    expect(code).toBe(1);
    expect(stderr).toContain("There is no log");
  });

  test("install --dry-run shows everything and writes nothing; install writes and runs it; uninstall undoes it", async () => {
    const home = temporaryDirectory();
    const executed: string[] = [];
    const options: CliOptions = {
      home,
      execute: (argv) => {
        executed.push(argv.join(" "));
        return null;
      },
    };
    const dry = await runCli(["daemon", "install", "--dry-run"], options);
    expect(dry.stdout).toContain(`# ${home}/.config/systemd/user/orchastration.service`);
    expect(executed).toEqual([]);
    expect((await runCli(["daemon", "uninstall"], options)).stderr).toContain("Nothing is installed.");

    const installed = await runCli(["daemon", "install"], options);
    expect(installed.stdout).toBe(dry.stdout);
    expect(installed.stderr).toContain("loginctl enable-linger");
    expect(executed).toEqual(["systemctl --user daemon-reload", "systemctl --user enable --now orchastration.socket"]);

    const { stdout } = await runCli(["daemon", "uninstall", "--json"], options);
    expect(documents.service.parse(JSON.parse(stdout)).files.map(({ path }) => path)).toEqual(
      ["service", "socket"].map((suffix) => `${home}/.config/systemd/user/orchastration.${suffix}`),
    );
    expect(executed.at(-1)).toBe("systemctl --user disable --now orchastration.socket");
    expect((await runCli(["daemon", "uninstall"], options)).stderr).toContain("Nothing is installed.");
  });

  test("an instance of its own gets a service of its own", async () => {
    const home = temporaryDirectory();
    const { stdout } = await runCli(["--state-dir", "other", "daemon", "install", "--dry-run"], { home });
    expect(stdout).toMatch(/orchastration-[0-9a-f]{16}\.socket/);
    expect(stdout).toContain(`"--state-dir" "${home}/other"`);
  });

  test("a step that the system refuses is told, with the way to go on by hand", async () => {
    const execute = () => "Failed to connect to bus";
    const { code, stderr } = await runCli(["daemon", "install"], { home: temporaryDirectory(), execute });
    expect(code).toBe(1);
    expect(stderr).toContain("systemctl --user daemon-reload failed: Failed to connect to bus");
    expect(stderr).toContain("systemctl --user daemon-reload && systemctl --user enable --now orchastration.socket");
  });
});

describe("the rest", () => {
  test("doctor prints its findings and fails on an error", async () => {
    const findings = [
      { check: "chain", status: "ok" as const, message: "17 events verified", hint: null },
      { check: "socket", status: "error" as const, message: "open to others", hint: "chmod 600" },
    ];
    const { code, stdout } = await withDaemon(["doctor"], {
      "doctor.check": () => ({ findings, rewrittenRecords: 0, repaired: [] }),
    });
    expect(code).toBe(1);
    expect(stdout).toContain("\nok       chain: 17 events verified\nerror    socket: open to others (chmod 600)\n");
  });

  test("the version is one word, or a document", async () => {
    const home = temporaryDirectory();
    expect((await runCli(["--version"], { home })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const { stdout } = await runCli(["--version", "--json"], { home });
    expect(documents.version.parse(JSON.parse(stdout)).name).toBe("orchastration");
  });

  test("help is a result, whatever else the line says", async () => {
    const { code, stdout, stderr } = await runCli(["daemon", "--help", "--bogus"], { home: temporaryDirectory() });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("orchastration daemon uninstall");
  });

  test("--verbose tells what was asked, and no value of the environment", async () => {
    const handlers = { "job.list": () => ({ jobs }) };
    const { stderr } = await withDaemon(["list", "--verbose"], handlers, { env: { SECRET: "canary" } });
    expect(JSON.parse(stderr)).toMatchObject({ level: "debug", event: "call.answered", method: "job.list" });
    expect(stderr).not.toContain("canary");
  });

  test("completion offers jobs that the daemon knows, and is silent when none runs", async () => {
    const { stdout } = await withDaemon(["completion", "bash", "--", "run", "sa"], { "job.list": () => ({ jobs }) });
    expect(stdout).toBe("sample\n");
    const none = await runCli(["completion", "bash", "--", "run", "sa"], { home: temporaryDirectory() });
    expect(none).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});
