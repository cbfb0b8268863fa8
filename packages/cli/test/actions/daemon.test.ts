import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { documents, methods, type Result } from "@orchastration/protocol/contract";
import { identifyProcess, writeEndpoint } from "@orchastration/protocol/node";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { type CliOptions, runCli, stateDirOf } from "../run-cli.ts";
import { withDaemon } from "./with-daemon.ts";

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
    writeEndpoint(stateDirOf(home), {
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
