import { documents, type Run } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { startToyDaemon } from "../../../../test/support/toy-daemon.ts";
import { runCli, startCli, stateDirOf } from "../run-cli.ts";
import { jobs, run, withDaemon } from "./with-daemon.ts";

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
