import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { createHome, type Home, PROJECT_ROOT } from "../support/home.ts";
import { canFreeze, canMount, fill, freeze, mountSmall } from "../support/hostile-disk.ts";
import { linesOf } from "../support/lines.ts";
import { until } from "../support/until.ts";

const DAEMON = join(PROJECT_ROOT, "packages/daemon/dist/main.js");

const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();

const pidOf = async (home: Home): Promise<unknown> => (await home.json(["daemon", "status"])).pid;

const warningsOf = async (home: Home): Promise<readonly string[]> =>
  (await home.json(["daemon", "status"])).warnings as string[];

/** What a stream has said when the wanted words have come; the stream is read by others as well. */
async function textUntil(stream: Readable | null, wanted: string): Promise<string> {
  let said = "";
  stream?.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  await until(() => said.includes(wanted));
  return said;
}

/** Takes every byte that is left, and leaves the registry's write-ahead log none of its own. Returns the way back. */
async function fillAll({ stateDir }: Home): Promise<() => void> {
  const registry = join(stateDir, "registry.db");
  const logBytes = (): number => statSync(`${registry}-wal`).size;
  for (;;) {
    await until(() => {
      using database = new DatabaseSync(registry);
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      return logBytes() === 0;
    });
    const makeRoom = fill(stateDir);
    // The daemon may have marked something in between.
    if (logBytes() === 0) return makeRoom;
    makeRoom();
  }
}

/** A run that ends with 7 when somebody writes to the gate. */
async function startWaiting(home: Home): Promise<{ readonly id: string; end(): void }> {
  const gate = join(home.dir, "gate");
  execFileSync("mkfifo", [gate]);
  const { stdout } = await home.cli(["run", "--detach", "--", "sh", "-c", `echo before; read line < ${gate}; exit 7`]);
  const id = stdout.trim();
  await until(async () => (await home.json(["show", id])).status === "running");
  return { id, end: () => writeFileSync(gate, "go\n") };
}

describe("a state directory under a running daemon", () => {
  test.skipIf(!canMount)("becomes full, and has room again", async () => {
    await using home = createHome();
    using _ = mountSmall(home.stateDir);
    await home.cli(["run", "--", "echo", "one"]);
    const waiting = await startWaiting(home);
    const pid = await pidOf(home);
    const makeRoom = await fillAll(home);
    const { runs: before } = await home.json(["runs"]);
    const filesBefore = filesBelow(join(home.stateDir, "runs"));

    for (const options of [[], ["--detach"]]) {
      const refused = await home.cli(["run", ...options, "--", "echo", "two"]);
      expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 1, stdout: "" });
      expect(refused.stderr.split("\n")).toEqual([
        `orchastration: cannot write to the state directory ${home.stateDir}: there is no room left`,
        "Make room or restore the permission, then try again; nothing half written was left.",
        "",
      ]);
    }
    const asJson = await home.cli(["--json", "run", "--", "echo", "two"]);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ error: { code: "StateUnavailable" } });

    waiting.end();
    await until(async () => (await warningsOf(home)).some((warning) => warning.includes("no room left")));
    expect(await home.json(["runs"])).toEqual({ runs: before });
    expect(filesBelow(join(home.stateDir, "runs"))).toEqual(filesBefore);

    makeRoom();
    await until(async () => (await home.json(["show", waiting.id])).status !== "running");
    await expectRecovered(home, waiting.id, pid);
  });

  test.skipIf(!canMount)(
    "is filled by a run: whoever waits for it is told, and served when there is room",
    async () => {
      await using home = createHome();
      using _ = mountSmall(home.stateDir);
      await home.cli(["run", "--", "true"]);
      const [filler, full] = [join(home.stateDir, "filler"), join(home.dir, "full")];
      const waitsForIt = `while [ ! -e ${full} ]; do sleep 0.1; done; exit 8`;
      const patient = home.start(["--json", "run", "--", "sh", "-c", waitsForIt]);
      // Before there is no room for its own beginning.
      await until(async () => ((await home.json(["daemon", "status"])).sessions as number) === 1);
      const clients = [
        home.start(["run", "--", "sh", "-c", `dd if=/dev/zero of=${filler} bs=4k; : > ${full}; exit 7`]),
        patient,
      ];
      await Promise.all(clients.map(({ process: { stderr } }) => textUntil(stderr, "Waiting for the daemon: ")));
      // One that comes now is told as well.
      const [latest] = ((await home.json(["runs"])) as { runs: { run_id: string }[] }).runs;
      const follower = home.start(["logs", String(latest?.run_id), "--follow"]);
      const word = await textUntil(follower.process.stderr, "mended.\n");
      expect(word).toContain(
        `Waiting for the daemon: cannot write to the state directory ${home.stateDir}: there is no room left. It goes on`,
      );
      rmSync(filler);
      const [plain, asJson] = await Promise.all(clients.map(({ outcome }) => outcome));
      expect(plain).toMatchObject({ code: 7, stdout: "" });
      expect(asJson?.code).toBe(8);
      expect(JSON.parse(asJson?.stdout ?? "")).toMatchObject({ status: "failed", exit_code: 8 });
      expect((await follower.outcome).code).toBe(0);
      // Records follow the outcomes.
      await until(async () => (await warningsOf(home)).length === 0);
    },
  );

  test.skipIf(!canFreeze)("becomes read-only, and writable again", async () => {
    await using home = createHome();
    await home.cli(["run", "--", "echo", "one"]);
    const waiting = await startWaiting(home);
    const pid = await pidOf(home);
    const filesBefore = filesBelow(join(home.stateDir, "runs"));

    const thaw = freeze(home.stateDir);
    try {
      const { code, stdout, stderr } = await home.cli(["run", "--", "echo", "two"]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^Run \w+ failed: .*(EPERM|operation not permitted).*\njob=adhoc exit=1 duration_ms=0\n$/);
      waiting.end();
      await home.cli(["logs", waiting.id, "--follow"]);
      // The registry has both outcomes; their record files are owed.
      const { runs } = (await home.json(["runs"])) as { runs: { status: string; exit_code: number | null }[] };
      expect(runs.map(({ status, exit_code }) => [status, exit_code])).toEqual([
        ["failed", null],
        ["failed", 7],
        ["succeeded", 0],
      ]);
      expect(filesBelow(join(home.stateDir, "runs"))).toEqual(filesBefore);
    } finally {
      thaw();
    }
    await expectRecovered(home, waiting.id, pid);
  });

  /** The same daemon works as before, and nothing is missing or half written. */
  async function expectRecovered(home: Home, id: string, pid: unknown): Promise<void> {
    const { stdout, code } = await home.cli(["run", "--", "echo", "three"]);
    expect({ stdout, code }).toEqual({ stdout: "three\n", code: 0 });
    const record = await home.json(["show", id]);
    expect(record).toMatchObject({ status: "failed", exit_code: 7 });
    expect(readFileSync(String(record.stdout_path), "utf8")).toBe("before\n");
    expect(await pidOf(home)).toBe(pid);
    // Records that were owed follow one by one.
    await until(async () => (await warningsOf(home)).length === 0);
    await until(async () => {
      const { findings } = (await home.json(["doctor"])) as { findings: { status: string }[] };
      return findings.every(({ status }) => status === "ok");
    });
    await until(() => !filesBelow(home.stateDir).some((path) => path.endsWith(".tmp")));
  }
});

describe("a log file without room", () => {
  test.skipIf(!canMount)("ends nobody, and says afterwards what it missed", async () => {
    await using home = createHome();
    const place = join(home.dir, "small");
    const instance = ["--state-dir", place];
    using _ = mountSmall(place);
    try {
      await home.cli([...instance, "daemon", "start"]);
      const { pid, log_file } = await home.json([...instance, "daemon", "status"]);
      expect(log_file).toBe(join(place, "orchastration.log"));
      const makeRoom = fill(place);
      // Its line in the log is longer than what may be left of the file's last block.
      home.writeConfig(Array.from({ length: 100 }, (_, n) => `unknown_key_number_${n} = 1\n`).join(""));
      const warnings = async () => (await home.json([...instance, "daemon", "status"])).warnings as string[];
      await until(async () => (await warnings()).length === 100);
      makeRoom();
      home.writeConfig("");
      const lines = () =>
        linesOf(String(log_file)).map((line) => JSON.parse(line) as { event: string; message: string });
      await until(() => lines().some(({ event }) => event === "config.reloaded"));
      const events = lines().map(({ event }) => event);
      expect(events).not.toContain("config.rejected");
      expect(events.slice(events.indexOf("log.interrupted"))).toContain("config.reloaded");
      expect(lines().find(({ event }) => event === "log.interrupted")?.message).toMatch(/\d+ lines? .*ENOSPC/);
      expect(await home.json([...instance, "daemon", "status"])).toMatchObject({ pid });
    } finally {
      await home.cli([...instance, "daemon", "stop", "--all"]);
    }
  });
});

describe("a daemon that cannot start says why", () => {
  /** A registry with a run in it, and no daemon. */
  async function usedHome(): Promise<Home> {
    const home = createHome();
    await home.cli(["run", "--", "true"]);
    await home.cli(["daemon", "stop"]);
    return home;
  }

  async function expectRefusal(home: Home, reason: RegExp): Promise<void> {
    for (const args of [["run", "--", "true"], ["list"], ["daemon", "start"], ["daemon", "restart"]]) {
      const { code, stdout, stderr } = await home.cli(args);
      expect({ args, code, stdout }).toEqual({ args, code: 69, stdout: "" });
      expect(stderr).toMatch(reason);
      // A sentence for a person, not a stack.
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    const asJson = await home.cli(["--json", "list"]);
    expect(asJson.code).toBe(69);
    expect(JSON.parse(asJson.stdout)).toEqual({
      error: { code: "DaemonUnreachable", message: expect.stringMatching(reason), hint: expect.any(String) },
    });
    expect((await home.cli(["daemon", "status"])).code).toBe(3);
    expect(home.daemons()).toEqual([]);
  }

  const registry = (home: Home): string => join(home.stateDir, "registry.db");

  test("its state directory is a file", async () => {
    await using home = createHome();
    mkdirSync(dirname(home.stateDir), { recursive: true });
    writeFileSync(home.stateDir, "precious");
    await expectRefusal(home, /state: it is no directory/);
    expect(readFileSync(home.stateDir, "utf8")).toBe("precious");
  });

  test.each<[string, Buffer | string, RegExp]>([
    ["garbage", "no database at all, and long enough to be looked at ".repeat(100), /registry\.db is damaged/],
    ["zeroes", Buffer.alloc(8_192), /registry\.db/],
    ["nothing, beside the records of its runs", "", /registry\.db is empty, but beside it there is runs/],
  ])("its registry is %s", async (_name, content, reason) => {
    await using home = await usedHome();
    writeFileSync(registry(home), content);
    const before = filesBelow(join(home.stateDir, "runs"));
    await expectRefusal(home, reason);
    expect(readFileSync(registry(home))).toEqual(Buffer.from(content));
    expect(filesBelow(join(home.stateDir, "runs"))).toEqual(before);
  });

  test("its registry is gone, and the records of its runs are there", async () => {
    await using home = await usedHome();
    rmSync(registry(home));
    await expectRefusal(home, /registry\.db is missing, but beside it there is runs/);
    expect(existsSync(registry(home))).toBe(false);
  });

  test.each([
    ["its registry was written by a newer program", "PRAGMA user_version = 999", /version 999 .* newer/],
    ["its registry is another program's", "PRAGMA application_id = 1", /no registry of this program/],
  ])("%s", async (_name, sql, reason) => {
    await using home = await usedHome();
    const database = new DatabaseSync(registry(home));
    database.exec(sql);
    database.close();
    const before = readFileSync(registry(home));
    await expectRefusal(home, reason);
    expect(readFileSync(registry(home))).toEqual(before);
  });

  test.skipIf(!canMount)("its state directory is full, and it starts when there is room", async () => {
    await using home = createHome();
    using _ = mountSmall(home.stateDir);
    const makeRoom = fill(home.stateDir);
    await expectRefusal(home, /there is no room left$/m);
    makeRoom();
    expect((await home.cli(["run", "--", "echo", "back"])).stdout).toBe("back\n");
  });
});

test("a daemon that ends by a defect of its own says it in its log", async () => {
  await using home = createHome();
  const defect = join(home.dir, "defect.mjs");
  writeFileSync(defect, 'process.on("SIGUSR2", () => { throw new Error("a defect"); });');
  const daemon = spawn(process.execPath, ["--import", defect, DAEMON, "--report-readiness"], {
    env: { ...home.env, ORCHASTRATION_ROLE: "daemon" },
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  expect(await text(daemon.stdio[3] as Readable)).toBe("ready\n");
  const ended = once(daemon, "exit");
  daemon.kill("SIGUSR2");
  expect(await ended).not.toEqual([0, null]);
  const { stdout } = await home.cli(["daemon", "logs"]);
  const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
  expect(last).toMatchObject({ level: "error", event: "daemon.crashed", message: expect.stringContaining("a defect") });
});
