import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { newId } from "@orchastration/protocol";
import { isSameProcessAlive, listSupervisorEndpoints, readExitFile } from "@orchastration/protocol/node";
import type { AdoptParams, ProcessIdentity, SessionReport, SpawnParams } from "@orchastration/protocol/supervisor";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { until } from "../../../test/support/until.ts";
import { command, pidsOf, ptyParams, spawnParams, stdoutOf } from "./support/commands.ts";
import {
  connectDaemon,
  launch,
  logOf,
  type SupervisorProcess,
  startSupervisorProcess,
} from "./support/supervisor-process.ts";
import { attach } from "./support/terminal-client.ts";

function processOf(report: SessionReport | { status: "gone" }): ProcessIdentity {
  if (report.status === "gone") throw new Error("the session is gone");
  return report.process;
}

function adoptionOf({ session, output, stopGraceMs, directory }: SpawnParams, process: ProcessIdentity): AdoptParams {
  const startedAt = new Date().toISOString();
  return { session, output, timeoutMs: null, stopGraceMs, directory, process, startedAt, stopReason: null };
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) * 1024;
}

/** Writes to the supervisor's socket and answers everything it says until it closes. */
async function say(supervisor: SupervisorProcess, message: string): Promise<string> {
  const socket = connect(supervisor.socket);
  socket.write(message);
  return await text(socket);
}

describe("a supervisor's start", () => {
  test("is announced when its record stands and its socket answers, both its owner's alone", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    const [endpoint] = listSupervisorEndpoints(supervisor.stateDir);
    expect(endpoint).toMatchObject({ kind: "supervisor", id: supervisor.id, protocolVersions: { min: 1, max: 1 } });
    expect(endpoint && isSameProcessAlive(endpoint.process)).toBe(true);
    expect(statSync(supervisor.socket).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(supervisor.socket)).mode & 0o777).toBe(0o700);
    using daemon = await connectDaemon(supervisor);
    expect(await daemon.call("session.list", {})).toEqual({ sessions: [] });
  });

  test("that fails is told to the launcher in one line, with exit code 69", async () => {
    const stateDir = temporaryDirectory();
    writeFileSync(join(stateDir, "file"), "");
    const failures: [string[], RegExp][] = [
      [["--state-dir", stateDir, "--id", "../../x"], /^error \.\.\/\.\.\/x is no id.*\n$/],
      [["--state-dir", stateDir], /^error usage.*\n$/],
      [["--state-dir", join(stateDir, "file"), "--id", newId()], /^error .*(ENOTDIR|EEXIST).*\n$/],
    ];
    for (const [args, expected] of failures) {
      const { said, child } = await launch(stateDir, args);
      expect(said).toMatch(expected);
      if (child.exitCode === null) await once(child, "exit");
      expect(child.exitCode).toBe(69);
    }
  });
});

describe("a daemon", () => {
  test("is answered before it hears of the exit, however fast the command is", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    using daemon = await connectDaemon(supervisor);
    for (let round = 0; round < 30; round++) {
      const params = spawnParams(["/bin/true"]);
      const { report } = await daemon.call("session.spawn", params);
      expect(report.status).toBe("live");
      expect(await daemon.exitOf(params.session)).toMatchObject({ exit: { code: 0 } });
      await daemon.call("session.acknowledge", { session: params.session });
    }
    expect(daemon.heard).toHaveLength(30);
    expect(await daemon.call("session.list", {})).toEqual({ sessions: [] });
  });

  test("shares its supervisor with the next daemon for a moment: both hear everything, an uninitialized one nothing", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    using old = await connectDaemon(supervisor);
    using next = await connectDaemon(supervisor);
    using uninitialized = await connectDaemon(supervisor, { isInitialized: false });
    const params = spawnParams([command("ignore-sigterm.sh")], { timeoutMs: 100, stopGraceMs: 50 });
    await old.call("session.spawn", params);
    expect(await next.exitOf(params.session)).toEqual(await old.exitOf(params.session));
    expect(next.heard.map(([name]) => name)).toEqual(["session.stopping", "session.exited"]);
    await expect(uninitialized.call("session.list", {})).rejects.toMatchObject({ kind: "NotInitialized" });
    expect(uninitialized.heard).toEqual([]);
  });

  test("that dies is no reason to end anything; the next one finds the session and its exit", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    const params = spawnParams(["/bin/sh", "-c", "echo begun; read line < gate; echo done"]);
    const gate = join(params.cwd, "gate");
    {
      using daemon = await connectDaemon(supervisor);
      const fifo = spawnParams(["/usr/bin/mkfifo", gate]);
      await daemon.call("session.spawn", fifo);
      await daemon.exitOf(fifo.session);
      await daemon.call("session.spawn", params);
    }
    using daemon = await connectDaemon(supervisor);
    writeFileSync(gate, "\n");
    expect(await daemon.exitOf(params.session)).toMatchObject({ exit: { code: 0 }, stdoutBytes: 11 });
    expect(stdoutOf(params)).toBe("begun\ndone\n");
  });

  test("may send an environment as large as the system takes", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    using daemon = await connectDaemon(supervisor);
    const large = Object.fromEntries(Array.from({ length: 14 }, (_, index) => [`LARGE_${index}`, "x".repeat(100_000)]));
    const params = spawnParams([command("print-arguments.mjs")], {
      env: { PATH: process.env["PATH"] ?? "", ...large },
    });
    await daemon.call("session.spawn", params);
    expect(await daemon.exitOf(params.session)).toMatchObject({ exit: { code: 0 } });
    expect(JSON.parse(stdoutOf(params)).env).toMatchObject(large);
  });

  test("is told what it did wrong", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    using daemon = await connectDaemon(supervisor, { isInitialized: false });
    const initialize = { protocolVersion: { min: 7, max: 9 }, daemonVersion: "9.0.0" };
    await expect(daemon.call("initialize", initialize)).rejects.toMatchObject({
      kind: "ProtocolVersionUnsupported",
      message: expect.stringMatching(/1 to 1.*7 to 9/),
    });
    // @ts-expect-error: a method of no contract
    await expect(daemon.call("__proto__", {})).rejects.toMatchObject({ kind: "MethodNotFound" });
  });

  test("gets an error of the catalogue for a command that cannot be started, and nothing is held", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    using daemon = await connectDaemon(supervisor);
    const params = spawnParams(["/nowhere/program"]);
    await expect(daemon.call("session.spawn", params)).rejects.toMatchObject({ kind: "CommandNotFound" });
    expect(await daemon.call("session.list", {})).toEqual({ sessions: [] });
    expect(readdirSync(params.directory)).toEqual([]);
  });
});

describe("on its socket a supervisor", () => {
  test("refuses a terminal client that asks for no session of its own, and closes", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    const answer = await say(
      supervisor,
      '{"attach":{"version":1,"session":"x","mode":"watch","from":null,"cols":80,"rows":24}}\n',
    );
    expect(JSON.parse(answer)).toMatchObject({ error: { kind: "SessionNotFound" } });
  });

  test("outlives garbage, half lines and clients that vanish", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    const vanishing = connect(supervisor.socket);
    vanishing.write('{"jsonrpc":"2.0","id":1,"method":"initialize"');
    await once(vanishing, "connect");
    vanishing.destroy();
    expect(await say(supervisor, "garbage\n".repeat(10))).toContain("-32700");
    using daemon = await connectDaemon(supervisor);
    expect(await daemon.call("session.list", {})).toEqual({ sessions: [] });
  });
});

describe("a supervisor's end", () => {
  test("comes with SIGTERM when it holds no live session, and leaves neither record nor socket nor log", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    supervisor.kill("SIGTERM");
    expect(await supervisor.ended).toBe(0);
    expect(existsSync(supervisor.socket)).toBe(false);
    expect(readdirSync(join(supervisor.stateDir, "supervisors"))).toEqual([]);
  });

  test("does not come with SIGTERM, SIGINT or SIGHUP while a session lives; the log says so", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    using daemon = await connectDaemon(supervisor);
    const params = spawnParams(["/bin/sleep", "1000"]);
    await daemon.call("session.spawn", params);
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      supervisor.kill(signal);
      await until(() => existsSync(logOf(supervisor)) && readFileSync(logOf(supervisor), "utf8").includes(signal));
    }
    await daemon.call("session.stop", { session: params.session, reason: "stopped", graceMs: 1000 });
    expect(await daemon.exitOf(params.session)).toMatchObject({ exit: { signal: "SIGTERM" } });
  });

  test("loses no exit nobody has acknowledged: the next supervisor answers it", async () => {
    const stateDir = temporaryDirectory();
    const params = spawnParams([command("write-and-exit.sh"), "10", "4"]);
    await using supervisor = await startSupervisorProcess(stateDir);
    using daemon = await connectDaemon(supervisor);
    const { report } = await daemon.call("session.spawn", params);
    const exited = await daemon.exitOf(params.session);
    supervisor.kill("SIGTERM");
    expect(await supervisor.ended).toBe(0);
    expect(readExitFile(params.directory)).toEqual(exited);

    await using successor = await startSupervisorProcess(stateDir);
    using nextDaemon = await connectDaemon(successor);
    const adopted = await nextDaemon.call("session.adopt", adoptionOf(params, processOf(report)));
    expect(adopted.report).toEqual(exited);
    await nextDaemon.call("session.acknowledge", { session: params.session });
    expect(readExitFile(params.directory)).toBeUndefined();
  });

  test("by SIGKILL takes no session with it: the command goes on, and another supervisor follows it to its end", async () => {
    const stateDir = temporaryDirectory();
    const script = "trap 'echo last; exit 0' USR1; echo ready; while :; do sleep 0.05; done";
    const params = spawnParams(["/bin/sh", "-c", script]);
    await using supervisor = await startSupervisorProcess(stateDir);
    using daemon = await connectDaemon(supervisor);
    const leader = processOf((await daemon.call("session.spawn", params)).report);
    await until(() => stdoutOf(params) === "ready\n");
    supervisor.kill("SIGKILL");
    await Promise.all([supervisor.ended, daemon.closed]);

    await using successor = await startSupervisorProcess(stateDir);
    using nextDaemon = await connectDaemon(successor);
    const { report } = await nextDaemon.call("session.adopt", adoptionOf(params, leader));
    expect(report).toMatchObject({ status: "live", process: leader });
    process.kill(leader.pid, "SIGUSR1");
    expect(await nextDaemon.exitOf(params.session)).toMatchObject({ exit: { unknown: true }, stdoutBytes: 11 });
    expect(stdoutOf(params)).toBe("ready\nlast\n");
  });

  test("comes at once when it is drained and holds nothing, after the answer that brought it about", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    using daemon = await connectDaemon(supervisor);
    const params = spawnParams(["/bin/sleep", "1000"]);
    await daemon.call("session.spawn", params);
    expect(await daemon.call("supervisor.drain", {})).toEqual({ sessions: 1 });
    await expect(daemon.call("session.spawn", spawnParams(["/bin/true"]))).rejects.toMatchObject({
      kind: "SupervisorUnavailable",
    });
    await daemon.call("session.stop", { session: params.session, reason: "stopped", graceMs: 1000 });
    await daemon.exitOf(params.session);
    await daemon.call("session.acknowledge", { session: params.session });
    expect(await supervisor.ended).toBe(0);
  });

  test("leaves a client the time to take what its terminal put out last", async () => {
    await using supervisor = await startSupervisorProcess(temporaryDirectory());
    using daemon = await connectDaemon(supervisor);
    // More than a socket takes, and less than a client is sent without having acknowledged anything.
    const bytes = 600_000;
    const params = ptyParams(["/bin/sh", "-c", `read line; head -c ${bytes} /dev/zero | tr '\\0' x`]);
    await daemon.call("session.spawn", params);
    const client = await attach(supervisor.socket, params.session, { isConsuming: false, budgetBytes: 1024 * 1024 });
    client.socket.pause();
    await daemon.call("supervisor.drain", {});
    client.type("\n");
    await daemon.exitOf(params.session);
    await daemon.call("session.acknowledge", { session: params.session });
    await daemon.closed;
    client.socket.resume();
    await client.closed;
    expect(client.end).toBe(client.offset);
    expect(client.output().toString()).toContain("x".repeat(bytes));
    expect(await supervisor.ended).toBe(0);
  });
});

test("a command has descriptors 0, 1 and 2 only, whatever the supervisor was started with", async () => {
  await using supervisor = await startSupervisorProcess(
    temporaryDirectory(),
    Array.from({ length: 30 }, () => "pipe"),
  );
  using daemon = await connectDaemon(supervisor);
  const params = spawnParams(["/bin/sleep", "1000"]);
  const { pid } = processOf((await daemon.call("session.spawn", params)).report);
  // Not at once: the loader has the program's libraries open for a moment.
  await until(() => readdirSync(`/proc/${pid}/fd`).join() === "0,1,2");
  await daemon.call("session.stop", { session: params.session, reason: "stopped", graceMs: 1000 });
  await daemon.exitOf(params.session);
});

test("a supervisor's own mark and environment do not reach its commands, and a stop does not reach the supervisor", async () => {
  await using supervisor = await startSupervisorProcess(temporaryDirectory());
  using daemon = await connectDaemon(supervisor);
  const params = spawnParams(["/bin/sh", "-c", "env; exec sleep 1000"], { env: {} });
  await daemon.call("session.spawn", params);
  await until(() => stdoutOf(params).includes("ORCHASTRATION_RUN_ID"));
  expect(stdoutOf(params)).not.toMatch(/ORCHASTRATION_ROLE|XDG_RUNTIME_DIR/);
  await daemon.call("session.stop", { session: params.session, reason: "stopped", graceMs: 1000 });
  expect(await daemon.exitOf(params.session)).toMatchObject({ survivors: 0 });
  expect(await pidsOf(params.session)).toEqual([]);
  expect(await daemon.call("session.list", {})).toMatchObject({ sessions: [{ session: params.session }] });
});

test("a gibibyte of output passes the supervisor by: its memory stays as it was", async () => {
  await using supervisor = await startSupervisorProcess(temporaryDirectory());
  using daemon = await connectDaemon(supervisor);
  const before = residentBytes(supervisor.pid);
  const params = spawnParams(["head", "-c", "1G", "/dev/zero"], { file: "/usr/bin/head" });
  await daemon.call("session.spawn", params);
  expect(await daemon.exitOf(params.session)).toMatchObject({ exit: { code: 0 }, stdoutBytes: 2 ** 30 });
  expect(residentBytes(supervisor.pid) - before).toBeLessThan(20_000_000);
});

test("a hundred commands at once all end, with every byte", async () => {
  await using supervisor = await startSupervisorProcess(temporaryDirectory());
  using daemon = await connectDaemon(supervisor);
  const all = Array.from({ length: 100 }, (_, index) =>
    spawnParams([command("write-and-exit.sh"), "65536", String(index % 5)]),
  );
  await Promise.all(all.map((params) => daemon.call("session.spawn", params)));
  const exits = await Promise.all(all.map(({ session }) => daemon.exitOf(session)));
  expect(exits.map(({ exit }) => exit)).toEqual(all.map((_, index) => ({ code: index % 5 })));
  expect(exits.every(({ stdoutBytes }) => stdoutBytes === 65536)).toBe(true);
});
