import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openJournal } from "@orchastration/protocol/node";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { until } from "../../../../test/support/until.ts";
import { systemClock } from "../../src/clock.ts";
import { spawnWithPty } from "../../src/spawn-pty.ts";
import { type PtyOptions, pidsOf, ptyParams, spawnParams, terminalOutputOf } from "../support/commands.ts";
import { createSessionSet, patientClock } from "../support/session-set.ts";

function shell(script: string, options: PtyOptions = {}) {
  return ptyParams(["/bin/sh", "-c", script], options);
}

async function run(params: ReturnType<typeof ptyParams>, sessions = createSessionSet()) {
  await sessions.spawn(params);
  const exited = await sessions.exitOf(params.session);
  return { exited, output: terminalOutputOf(params).toString().replaceAll("\r\n", "\n") };
}

describe("a program in a terminal", () => {
  test("has its output in the journal, its size in the exit, and its exit code", async () => {
    const { exited, output } = await run(shell("echo hello; exit 7"));
    expect(exited).toMatchObject({ exit: { code: 7 }, stdoutBytes: 7, stderrBytes: 0, survivors: 0, stopReason: null });
    expect(output).toBe("hello\n");
  });

  test("tells the signal that ended it", async () => {
    const { exited } = await run(shell("kill -USR1 $$"));
    expect(exited.exit).toEqual({ signal: "SIGUSR1" });
  });

  test("is complete to its last byte however fast it ends, 500 times of 500, many at a time", async () => {
    const sessions = createSessionSet();
    const file = join(temporaryDirectory(), "output");
    const bytes = Buffer.from(randomBytes(49_152).toString("base64"));
    writeFileSync(file, bytes);
    let started = 0;
    async function runOneAfterTheOther(): Promise<void> {
      while (started < 500) {
        started += 1;
        const params = shell(`head -c 65536 '${file}'; exit`);
        await sessions.spawn(params);
        const { stdoutBytes } = await sessions.exitOf(params.session);
        expect([stdoutBytes, digestOf(terminalOutputOf(params))]).toEqual([65_536, digestOf(bytes)]);
        await sessions.acknowledge(params.session);
      }
    }
    await Promise.all(Array.from({ length: 25 }, runOneAfterTheOther));
  });

  test("has a controlling terminal, job control, and a terminal type", async () => {
    const { output } = await run(
      shell("tty; echo $TERM; bash --norc -i -c 'sleep 0 & wait; echo jobs'; stty size; echo reached > /dev/tty"),
    );
    expect(output).toMatch(/^\/dev\/pts\/\d+\nxterm-256color\n/);
    expect(output).not.toContain("no job control");
    expect(output).toMatch(/jobs\n24 80\nreached\n$/);
  });

  test("has the environment it was given and the marker, but not the size of another terminal", async () => {
    const params = ptyParams(["/usr/bin/env"], {
      env: { TERM: "vt100", ODD: "a=b", LINES: "7", COLUMNS: "7", ORCHASTRATION_RUN_ID: "somebody-else" },
    });
    const { output } = await run(params);
    expect(output.trim().split("\n").sort()).toEqual([
      "ODD=a=b",
      `ORCHASTRATION_RUN_ID=${params.session}`,
      "TERM=vt100",
    ]);
  });

  test("gets its arguments, working directory and umask exactly as given", async () => {
    const awkward = ["two words", "", "'\"", "$(touch pwned)", "*", "漢字 🦀"];
    const params = ptyParams(["/bin/sh", "-c", 'umask; pwd; printf "<%s>" "$@"', "sh", ...awkward], { umask: 0o077 });
    const { output } = await run(params);
    expect(output).toBe(`0077\n${params.cwd}\n${awkward.map((argument) => `<${argument}>`).join("")}`);
  });

  test("may leave the terminal to others, and what they put out soon after is kept", async () => {
    const waits = "while kill -0 $$ 2>/dev/null; do :; done";
    const script = `trap '' HUP; (${waits}; echo late) & echo early`;
    const { exited, output } = await run(shell(script), createSessionSet({ clock: patientClock }));
    expect(output).toBe("early\nlate\n");
    expect(exited.survivors).toBe(0);
  });
});

describe("a program that cannot be started in a terminal", () => {
  test.each([
    ["that does not exist", { file: "/absent" }, "CommandNotFound"],
    ["that is a directory", { file: "/tmp" }, "CommandNotExecutable"],
    ["that nobody may execute", { file: "/etc/passwd" }, "CommandNotExecutable"],
    ["in a directory that does not exist", { cwd: "/absent" }, "WorkingDirectoryInvalid"],
    ["in a file", { cwd: "/etc/passwd" }, "WorkingDirectoryInvalid"],
    ["with a NUL", { argv: ["/bin/sh", "a\0b"] }, "SpawnFailed"],
  ] as const)("is refused when it is one %s, and leaves no journal", async (_, changes, kind) => {
    const params = ptyParams(["/bin/sh"], changes);
    await expect(createSessionSet().spawn(params)).rejects.toMatchObject({ kind });
    expect(readdirSync(params.directory)).toEqual([]);
  });

  test("is refused when its interpreter does not exist", async () => {
    const script = join(temporaryDirectory(), "script");
    writeFileSync(script, "#!/absent/interpreter -x\n", { mode: 0o755 });
    await expect(createSessionSet().spawn(ptyParams([script]))).rejects.toMatchObject({ kind: "CommandNotFound" });
  });
});

describe("stopping", () => {
  test("an interactive shell ends with its terminal, though it takes no SIGTERM, and so do its jobs", async () => {
    const params = ptyParams(["/bin/bash", "--norc", "-i"], { stopGraceMs: 600_000 });
    const sessions = createSessionSet();
    await sessions.spawn(params);
    const terminal = await sessions.terminalOf(params.session);
    terminal.write(Buffer.from("sleep 1000 & sleep 1001\n"), { unlessControlled: false });
    await until(async () => (await pidsOf(params.session)).length === 3);
    await sessions.stop(params.session, "stopped", params.stopGraceMs);
    const exited = await sessions.exitOf(params.session);
    expect(exited).toMatchObject({ exit: { signal: "SIGHUP" }, stopReason: "stopped", survivors: 0 });
  });

  test("what ignores both signals is killed, with its whole output kept", async () => {
    const params = shell("trap '' TERM HUP; echo deaf; while :; do sleep 1; done", { stopGraceMs: 100 });
    const sessions = createSessionSet();
    await sessions.spawn(params);
    await until(() => terminalOutputOf(params).includes("deaf"));
    await sessions.stop(params.session, "stopped", params.stopGraceMs);
    expect((await sessions.exitOf(params.session)).exit).toEqual({ signal: "SIGKILL" });
    expect(terminalOutputOf(params).toString()).toContain("deaf\r\n");
  });

  test("a signal goes to what runs in the foreground, not to the shell that waits for it", async () => {
    const params = ptyParams(["/bin/bash", "--norc", "-i"]);
    const sessions = createSessionSet();
    await sessions.spawn(params);
    const terminal = await sessions.terminalOf(params.session);
    terminal.write(Buffer.from("sleep 1000; echo ended by $?; exit 5\n"), { unlessControlled: false });
    await until(async () => (await pidsOf(params.session)).length === 2);
    // The shell gives the terminal to its child some moments after starting it.
    const [shellPid] = [...(await pidsOf(params.session))].sort((a, b) => a - b);
    await until(() => foregroundOf(shellPid ?? 0) !== shellPid);
    await sessions.signal(params.session, "SIGINT");
    await until(() => terminalOutputOf(params).includes("^C") || terminalOutputOf(params).includes("\n"));
    terminal.write(Buffer.from("exit 5\n"), { unlessControlled: false });
    expect((await sessions.exitOf(params.session)).exit).toEqual({ code: 5 });
    await expect(sessions.signal(params.session, "SIGNONE")).rejects.toMatchObject({ kind: "InvalidParams" });
  });
});

describe("descriptors", () => {
  test("the 300th child holds 0, 1 and 2 and nothing else, and all are closed in the end", async () => {
    const openBefore = readdirSync("/proc/self/fd").length;
    const events = { onOutput: () => {}, onInputTaken: () => {} };
    const children = Array.from({ length: 300 }, () =>
      spawnWithPty(systemClock, ptyParams(["/bin/sleep", "1000"], { session: "one-of-many" }), events),
    );
    const descriptors = `/proc/${children.at(-1)?.leader.identity.pid}/fd`;
    // Not at once: the loader has the program's libraries open for a moment.
    await until(() => readdirSync(descriptors).join() === "0,1,2");
    for (const { leader } of children) process.kill(leader.identity.pid, "SIGKILL");
    await Promise.all(children.flatMap(({ leader, pty }) => [leader.exited, pty.ended]));
    await until(() => readdirSync("/proc/self/fd").length === openBefore);
  });

  test("a child with pipes gets no terminal of another session", async () => {
    const sessions = createSessionSet();
    const terminals = [ptyParams(["/bin/sleep", "1000"]), ptyParams(["/bin/sleep", "1000"])];
    for (const params of terminals) await sessions.spawn(params);
    const pipes = spawnParams(["/bin/ls", "-l", "/proc/self/fd"]);
    await sessions.spawn(pipes);
    await sessions.exitOf(pipes.session);
    const listing = readFileSync(pipes.output.stdoutPath, "utf8");
    expect(listing).toContain(" 1 -> ");
    expect(listing).not.toMatch(/ptmx|pts/);
    for (const { session } of terminals) await sessions.stop(session, "stopped", 0);
    await Promise.all(terminals.map(({ session }) => sessions.exitOf(session)));
  });
});

test("the journal keeps within its bounds, and the exit still tells all that was put out", async () => {
  const params = shell("head -c 300000 /dev/zero | tr '\\0' x", {
    output: { segmentBytes: 65_536, maxBytes: 100_000 },
  });
  const { exited } = await run(params);
  const journal = openJournal(params.directory);
  expect([exited.stdoutBytes, journal.endOffset]).toEqual([300_000, 300_000]);
  expect(journal.endOffset - journal.firstOffset).toBeLessThanOrEqual(100_000);
  expect(journal.firstOffset).toBeGreaterThan(0);
});

test("a terminal that died with its supervisor leaves its journal repaired, and its size in the exit", async () => {
  const argv = ["/bin/sleep", "1000"] as const;
  const params = ptyParams(argv);
  const before = createSessionSet();
  const live = await before.spawn(spawnParams(argv, { session: params.session, directory: params.directory }));
  writeFileSync(join(params.directory, "output.0.raw"), "hello\r\n");
  const index = join(params.directory, "output.idx");
  writeFileSync(index, Buffer.alloc(5, 1));
  const after = createSessionSet();
  const adopted = await after.adopt({ ...params, process: live.process, startedAt: live.startedAt, stopReason: null });
  expect(adopted).toMatchObject({ status: "live", terminal: null });
  expect(readFileSync(index).length).toBe(0);
  process.kill(live.process.pid, "SIGKILL");
  expect(await after.exitOf(params.session)).toMatchObject({ exit: { unknown: true }, stdoutBytes: 7, stderrBytes: 0 });
  await before.exitOf(params.session);
});

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function foregroundOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ")[5]);
}
