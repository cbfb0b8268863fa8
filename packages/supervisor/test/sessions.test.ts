import { rmSync, statSync } from "node:fs";
import { exitFilePath, readExitFile } from "@orchastration/protocol/node";
import type { AdoptParams, SpawnParams } from "@orchastration/protocol/supervisor";
import { describe, expect, test } from "vitest";
import { until } from "../../../test/support/until.ts";
import { spawnWithPipes } from "../src/spawn-pipes.ts";
import { command, pidsOf, spawnParams, stdoutOf } from "./support/commands.ts";
import { createSessionSet, patientClock } from "./support/session-set.ts";

const MINUTE_MS = 60_000;

describe("a session", () => {
  test("is live, then exited, and its exit is on disk before it is reported", async () => {
    const set = createSessionSet();
    const params = spawnParams([command("write-and-exit.sh"), "1000", "3"]);
    const live = await set.spawn(params);
    expect(live).toMatchObject({ status: "live", session: params.session, stopReason: null });
    expect(set.unsettled).toBe(1);
    const exited = await set.exitOf(params.session);
    expect(exited).toMatchObject({
      status: "exited",
      process: live.status === "live" ? live.process : undefined,
      exit: { code: 3 },
      stopReason: null,
      stdoutBytes: 1000,
      stderrBytes: 0,
      survivors: 0,
    });
    expect(exited.durationMs).toBeGreaterThan(0);
    expect(Date.parse(exited.endedAt)).toBeGreaterThanOrEqual(Date.parse(exited.startedAt));
    expect(readExitFile(params.directory)).toEqual(exited);
    expect(set.unsettled).toBe(0);
    expect(set.list()).toEqual([exited]);
  });

  test("is kept until acknowledged, and then forgotten", async () => {
    const set = createSessionSet();
    const params = spawnParams(["/bin/true"]);
    await set.spawn(params);
    await set.exitOf(params.session);
    await set.acknowledge(params.session);
    expect(set.list()).toEqual([]);
    expect(readExitFile(params.directory)).toBeUndefined();
    await set.acknowledge(params.session);
    await set.acknowledge("nobody");
  });

  test("that lives cannot be acknowledged away", async () => {
    const set = createSessionSet();
    const params = spawnParams(["/bin/sleep", "1000"]);
    await set.spawn(params);
    await set.acknowledge(params.session);
    expect(set.list()).toHaveLength(1);
    await set.stop(params.session, "stopped", 0);
    await set.exitOf(params.session);
  });
});

describe("spawning is idempotent", () => {
  test("while the first spawn is under way, while it lives, and after its exit", async () => {
    const set = createSessionSet();
    const params = spawnParams(["/bin/sh", "-c", "echo started; read line < gate"]);
    const gate = `${params.cwd}/gate`;
    await (await spawnWithPipes(spawnParams(["/usr/bin/mkfifo", gate]))).exited;
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => set.spawn(params)));
    for (const other of others) expect(other).toEqual(first);
    expect(await set.spawn(params)).toEqual(first);
    await (await spawnWithPipes(spawnParams(["/bin/sh", "-c", `echo > '${gate}'`]))).exited;
    const exited = await set.exitOf(params.session);
    expect(await set.spawn(params)).toEqual(exited);
    expect(stdoutOf(params)).toBe("started\n");
    expect(set.exits).toHaveLength(1);
  });

  test("also across supervisors: what exited under an earlier one is answered, not run again", async () => {
    const params = spawnParams(["/bin/echo", "once"]);
    const first = createSessionSet();
    await first.spawn(params);
    const exited = await first.exitOf(params.session);
    const second = createSessionSet();
    expect(await second.spawn(params)).toEqual(exited);
    expect(stdoutOf(params)).toBe("once\n");
    await second.acknowledge(params.session);
    expect(readExitFile(params.directory)).toBeUndefined();
  });

  test("and what failed may be tried again", async () => {
    const set = createSessionSet();
    const params = spawnParams(["/nowhere/program"]);
    await expect(set.spawn(params)).rejects.toMatchObject({ kind: "CommandNotFound" });
    expect(set.list()).toEqual([]);
    await set.spawn({ ...params, file: "/bin/true" });
    await set.exitOf(params.session);
  });
});

describe("a session is stopped", () => {
  test("when asked, with its reason, and then exits", async () => {
    const set = createSessionSet();
    const params = spawnParams([command("fork-and-setsid.sh")]);
    await set.spawn(params);
    await until(() => stdoutOf(params) === "ready\n");
    expect(await set.stop(params.session, "stopped", MINUTE_MS)).toMatchObject({
      status: "live",
      stopReason: "stopped",
    });
    const exited = await set.exitOf(params.session);
    expect(exited).toMatchObject({ exit: { signal: "SIGTERM" }, stopReason: "stopped", survivors: 0 });
    expect(await pidsOf(params.session)).toEqual([]);
    expect(set.stopping).toEqual([]);
  });

  test("once: a second time changes neither reason nor pace, except without grace time", async () => {
    const set = createSessionSet();
    const params = spawnParams([command("ignore-sigterm.sh")]);
    await set.spawn(params);
    await until(() => stdoutOf(params) === "ready\n");
    await set.stop(params.session, "stopped", MINUTE_MS);
    expect(await set.stop(params.session, "output_limit", MINUTE_MS)).toMatchObject({ stopReason: "stopped" });
    await set.stop(params.session, "stopped", 0);
    expect(await set.exitOf(params.session)).toMatchObject({ exit: { signal: "SIGKILL" }, stopReason: "stopped" });
  });

  test("when its time is over, and says so at once", async () => {
    const set = createSessionSet();
    const params = spawnParams([command("double-fork.sh")], { timeoutMs: 200, stopGraceMs: 100 });
    await set.spawn(params);
    expect(await set.exitOf(params.session)).toMatchObject({ stopReason: "timed_out", survivors: 0 });
    expect(set.stopping).toMatchObject([{ status: "live", session: params.session, stopReason: "timed_out" }]);
    expect(await pidsOf(params.session)).toEqual([]);
  });

  test("when its output has reached the limit", async () => {
    const set = createSessionSet();
    const base = spawnParams(["/bin/sh", "-c", "head -c 5000 /dev/zero; exec sleep 1000"]);
    const params = { ...base, output: { ...base.output, maxBytes: 5000 } };
    await set.spawn(params);
    expect(await set.exitOf(params.session)).toMatchObject({ stopReason: "output_limit", stdoutBytes: 5000 });
    expect(set.stopping).toMatchObject([{ stopReason: "output_limit" }]);
  });

  test("or it is unknown", async () => {
    const set = createSessionSet();
    await expect(set.stop("2c9dk3mf0w1x", "stopped", 0)).rejects.toMatchObject({ kind: "SessionNotFound" });
  });

  test("not any more once it has exited", async () => {
    const set = createSessionSet();
    const params = spawnParams(["/bin/true"]);
    await set.spawn(params);
    const exited = await set.exitOf(params.session);
    expect(await set.stop(params.session, "stopped", 0)).toEqual(exited);
  });
});

describe("the end of output", () => {
  test("is waited for: what a background process writes a little later is in the sizes", async () => {
    const set = createSessionSet({ clock: patientClock });
    const params = spawnParams([command("write-late.sh")]);
    await set.spawn(params);
    expect(await set.exitOf(params.session)).toMatchObject({ exit: { code: 0 }, stdoutBytes: 11, survivors: 0 });
    expect(stdoutOf(params)).toBe("first\nlast\n");
  });

  test("is not waited for without bound: a background process is counted and left alone", async () => {
    const set = createSessionSet();
    const params = spawnParams([command("leave-behind.sh")]);
    await set.spawn(params);
    expect(await set.exitOf(params.session)).toMatchObject({ exit: { code: 0 }, survivors: 1, stopReason: null });
    const pid = Number(stdoutOf(params));
    expect(await pidsOf(params.session)).toEqual([pid]);
    process.kill(pid, "SIGKILL");
    await until(async () => (await pidsOf(params.session)).length === 0);
  });

  test("is there at once when what was left behind cannot write to it", async () => {
    const set = createSessionSet();
    const params = spawnParams([command("leave-behind-silent.sh")]);
    await set.spawn(params);
    const exited = await set.exitOf(params.session);
    expect(exited.survivors).toBe(1);
    process.kill(Number(stdoutOf(params)), "SIGKILL");
    await until(async () => (await pidsOf(params.session)).length === 0);
  });

  test("comes by force when the session is stopped meanwhile", async () => {
    const set = createSessionSet();
    const params = spawnParams([command("leave-behind.sh")]);
    const live = await set.spawn(params);
    await until(() => live.status === "live" && statSync(params.output.stdoutPath).size > 0);
    await set.stop(params.session, "stopped", MINUTE_MS);
    expect(await set.exitOf(params.session)).toMatchObject({ stopReason: "stopped", survivors: 0 });
    expect(await pidsOf(params.session)).toEqual([]);
  });
});

describe("a session of a supervisor that died", () => {
  function adoptionOf(params: SpawnParams, changes: Partial<AdoptParams> = {}): AdoptParams {
    const { session, output, timeoutMs, stopGraceMs, directory } = params;
    const startedAt = new Date(Date.now() - 1000).toISOString();
    return {
      session,
      output,
      timeoutMs,
      stopGraceMs,
      directory,
      process: null,
      startedAt,
      stopReason: null,
      ...changes,
    };
  }

  test("is followed to its end, by its identity; its exit stays unknown", async () => {
    const params = spawnParams(["/bin/sleep", "1000"]);
    const { identity } = await spawnWithPipes(params);
    const set = createSessionSet();
    const adoption = adoptionOf(params, { process: identity });
    expect(await set.adopt(adoption)).toMatchObject({
      status: "live",
      process: identity,
      startedAt: adoption.startedAt,
    });
    expect(await set.adopt(adoption)).toMatchObject({ status: "live" });
    process.kill(identity.pid, "SIGKILL");
    const exited = await set.exitOf(params.session);
    expect(exited).toMatchObject({ exit: { unknown: true }, process: identity, survivors: 0, stopReason: null });
    expect(exited.durationMs).toBeGreaterThanOrEqual(1000);
    expect(readExitFile(params.directory)).toEqual(exited);
  });

  test("is found by its marker when nobody recorded its process", async () => {
    const params = spawnParams([command("fork-and-setsid.sh")]);
    const { identity } = await spawnWithPipes(params);
    await until(async () => (await pidsOf(params.session)).length === 2);
    const set = createSessionSet();
    expect(await set.adopt(adoptionOf(params))).toMatchObject({ status: "live", process: identity });
    await set.stop(params.session, "stopped", MINUTE_MS);
    expect(await set.exitOf(params.session)).toMatchObject({ stopReason: "stopped", survivors: 0 });
  });

  test("keeps its time limit, counted from its start", async () => {
    const params = spawnParams([command("ignore-sigterm.sh")], { timeoutMs: 1200, stopGraceMs: 50 });
    const { identity } = await spawnWithPipes(params);
    const set = createSessionSet();
    await set.adopt(adoptionOf(params, { process: identity }));
    expect(await set.exitOf(params.session)).toMatchObject({ stopReason: "timed_out", exit: { unknown: true } });
    expect(set.stopping).toHaveLength(1);
  });

  test("goes on being stopped, descendants too when its leader has ended", async () => {
    const params = spawnParams([command("leave-behind.sh")]);
    const { identity, exited } = await spawnWithPipes(params);
    await exited;
    const set = createSessionSet();
    expect(await set.adopt(adoptionOf(params, { process: identity, stopReason: "stopped" }))).toMatchObject({
      status: "live",
      stopReason: "stopped",
    });
    expect(await set.exitOf(params.session)).toMatchObject({ stopReason: "stopped", survivors: 0 });
    expect(await pidsOf(params.session)).toEqual([]);
  });

  test("has ended with its leader: descendants are counted and left alone", async () => {
    const params = spawnParams([command("leave-behind.sh")]);
    const { identity, exited } = await spawnWithPipes(params);
    await exited;
    const set = createSessionSet();
    await set.adopt(adoptionOf(params, { process: identity }));
    expect(await set.exitOf(params.session)).toMatchObject({ exit: { unknown: true }, survivors: 1 });
    process.kill(Number(stdoutOf(params)), "SIGKILL");
    await until(async () => (await pidsOf(params.session)).length === 0);
  });

  test("is gone when nothing of it is alive, or it was of an earlier boot", async () => {
    const params = spawnParams(["/bin/true"]);
    const { identity, exited } = await spawnWithPipes(params);
    await exited;
    const set = createSessionSet();
    expect(await set.adopt(adoptionOf(params, { process: identity }))).toEqual({ status: "gone" });
    expect(await set.adopt(adoptionOf(params))).toEqual({ status: "gone" });
    const earlier = { ...identity, pid: process.pid, bootId: "earlier" };
    expect(await set.adopt(adoptionOf(params, { process: earlier }))).toEqual({ status: "gone" });
    expect(set.list()).toEqual([]);
  });

  test("that wrote its exit is answered with it", async () => {
    const params = spawnParams(["/bin/true"]);
    const first = createSessionSet();
    await first.spawn(params);
    const exited = await first.exitOf(params.session);
    expect(await createSessionSet().adopt(adoptionOf(params))).toEqual(exited);
  });
});

test("an exit that cannot be written is reported, and the session needs this process until it can", async () => {
  const set = createSessionSet();
  const params = spawnParams(["/bin/sh", "-c", "read line < gate"]);
  const gate = `${params.cwd}/gate`;
  await (await spawnWithPipes(spawnParams(["/usr/bin/mkfifo", gate]))).exited;
  await set.spawn({ ...params, directory: `${params.directory}/missing` });
  await (await spawnWithPipes(spawnParams(["/bin/sh", "-c", `echo > '${gate}'`]))).exited;
  expect(await set.exitOf(params.session)).toMatchObject({ exit: { code: 0 } });
  expect(set.unsettled).toBe(1);
  expect(set.log.events).toEqual(["exit.unwritten"]);
  await set.acknowledge(params.session);
  expect(set.unsettled).toBe(0);
});

test("a journal removed under a session counts as empty", async () => {
  const set = createSessionSet();
  const params = spawnParams(["/bin/sleep", "1000"]);
  await set.spawn(params);
  rmSync(params.output.stdoutPath);
  await set.stop(params.session, "stopped", MINUTE_MS);
  expect(await set.exitOf(params.session)).toMatchObject({ stdoutBytes: 0 });
  rmSync(exitFilePath(params.directory));
  await set.acknowledge(params.session);
});

test("a draining supervisor takes no new session and answers for those it has", async () => {
  const set = createSessionSet();
  const params = spawnParams(["/bin/sleep", "1000"]);
  const live = await set.spawn(params);
  set.drain();
  expect(await set.spawn(params)).toEqual(live);
  await expect(set.spawn(spawnParams(["/bin/true"]))).rejects.toMatchObject({ kind: "SupervisorUnavailable" });
  await set.stop(params.session, "stopped", MINUTE_MS);
  await set.exitOf(params.session);
});

test("a stop that overtakes the spawn is not lost", async () => {
  const set = createSessionSet();
  const params = spawnParams(["/bin/sleep", "1000"]);
  const spawning = set.spawn(params);
  expect(await set.stop(params.session, "stopped", MINUTE_MS)).toMatchObject({ stopReason: "stopped" });
  await spawning;
  expect(await set.exitOf(params.session)).toMatchObject({ stopReason: "stopped" });
});
