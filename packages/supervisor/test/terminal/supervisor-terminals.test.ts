import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { formatAttachRequest } from "@orchastration/protocol/stream";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { until } from "../../../../test/support/until.ts";
import { ptyParams, terminalOutputOf } from "../support/commands.ts";
import { connectDaemon, type Daemon, startSupervisorProcess } from "../support/supervisor-process.ts";
import { attach } from "../support/terminal-client.ts";

const ECHO = "stty raw -echo; echo ready; exec cat";

async function openTerminal(daemon: Daemon, script: string) {
  const params = ptyParams(["/bin/sh", "-c", script]);
  await daemon.call("session.spawn", params);
  return params;
}

async function end(daemon: Daemon, session: string): Promise<void> {
  await daemon.call("session.stop", { session, reason: "stopped", graceMs: 0 });
  await daemon.exitOf(session);
  await daemon.call("session.acknowledge", { session });
}

async function factsOf(daemon: Daemon) {
  const [session] = (await daemon.call("session.list", {})).sessions;
  return session?.status === "live" ? session.terminal : null;
}

test("a daemon writes, resizes, moves control and signals, and hears of every change", async () => {
  await using supervisor = await startSupervisorProcess(temporaryDirectory());
  using daemon = await connectDaemon(supervisor);
  const { session, directory } = await openTerminal(daemon, "stty raw -echo; echo ready; cat; echo interrupted");
  await until(() => terminalOutputOf({ directory }).includes("ready"));
  const data = Buffer.from("typed").toString("base64");
  expect(await daemon.call("session.write", { session, data })).toEqual({ isWritten: true });
  expect(await daemon.call("session.resize", { session, cols: 100, rows: 50 })).toMatchObject({
    terminal: { cols: 100, rows: 50, controller: null },
  });
  const client = await attach(supervisor.socket, session);
  await client.shows("typed");
  expect(await daemon.call("session.write", { session, data, unlessControlled: true })).toEqual({ isWritten: false });
  const watcher = await attach(supervisor.socket, session, { mode: "watch" });
  if ("error" in watcher.answer) throw new Error(watcher.answer.error.message);
  const { attachment } = watcher.answer;
  expect(await daemon.call("session.takeControl", { session, attachment })).toMatchObject({
    terminal: { controller: attachment },
  });
  await expect(daemon.call("session.takeControl", { session, attachment: "x" })).rejects.toMatchObject({
    kind: "AttachmentNotFound",
  });
  await daemon.call("session.signal", { session, signal: "SIGINT" });
  expect(await daemon.exitOf(session)).toMatchObject({ exit: { signal: "SIGINT" } });
  await client.closed;
  expect(client.end).toBe(client.offset);
  const sizes = daemon.heard.flatMap(([name, report]) => (name === "session.terminalChanged" ? [report.terminal] : []));
  expect(sizes.at(0)).toMatchObject({ cols: 100, rows: 50 });
  expect(sizes.find((terminal) => terminal?.controller === attachment)).toMatchObject({ cols: 80, rows: 24 });
});

test("a client that is killed is detached, and what it was attached to goes on", async () => {
  await using supervisor = await startSupervisorProcess(temporaryDirectory());
  using daemon = await connectDaemon(supervisor);
  const { session } = await openTerminal(daemon, ECHO);
  const line = formatAttachRequest({ version: 1, session, mode: "control", from: 0, cols: 80, rows: 24 });
  const program = `const s=require("net").connect(process.argv[1]);s.write(process.argv[2]);s.on("data",()=>process.stdout.write("x"))`;
  const killed = spawn(process.execPath, ["-e", program, supervisor.socket, line], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(killed.stdout, "data");
  expect((await factsOf(daemon))?.attachments).toHaveLength(1);
  killed.kill("SIGKILL");
  await until(async () => (await factsOf(daemon))?.attachments.length === 0);
  const client = await attach(supervisor.socket, session);
  client.type("alive");
  await client.shows("alive");
  await end(daemon, session);
});

test("a daemon that dies takes no terminal and no client with it", async () => {
  await using supervisor = await startSupervisorProcess(temporaryDirectory());
  const first = await connectDaemon(supervisor);
  const { session } = await openTerminal(first, ECHO);
  const client = await attach(supervisor.socket, session);
  await client.shows("ready");
  first[Symbol.dispose]();
  await first.closed;
  client.type("still here");
  await client.shows("still here");
  using daemon = await connectDaemon(supervisor);
  expect(await factsOf(daemon)).toMatchObject({ offset: client.offset, attachments: [{ mode: "control" }] });
  await end(daemon, session);
});

test("a flood before clients that never read leaves the supervisor's memory as it was, and Ctrl-C ends it", async () => {
  await using supervisor = await startSupervisorProcess(temporaryDirectory());
  using daemon = await connectDaemon(supervisor);
  const { session } = await openTerminal(daemon, "stty -opost; exec yes");
  const deaf = await Promise.all(
    Array.from({ length: 5 }, () => attach(supervisor.socket, session, { isConsuming: false })),
  );
  for (const { socket } of deaf) socket.pause();
  await until(async () => ((await factsOf(daemon))?.offset ?? 0) > 4_000_000);
  const before = residentBytes(supervisor.pid);
  await until(async () => ((await factsOf(daemon))?.offset ?? 0) > 100_000_000);
  expect(residentBytes(supervisor.pid) - before).toBeLessThan(40 * 1024 * 1024);
  const controller = await attach(supervisor.socket, session, { from: null });
  controller.type("\u0003");
  expect(await daemon.exitOf(session)).toMatchObject({ exit: { signal: "SIGINT" }, stopReason: null });
});

function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
}
