import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { connectRaw, INITIALIZE } from "../support/raw-connection.ts";
import { createRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";

/** What a record holds, in this order. */
const FIELDS = `
  job_name start_time end_time duration_ms exit_code stdout_path stderr_path os binary_version
  run_id argv working_dir signal status reason stdout_sha256 stderr_sha256 event_seq event_hash
`
  .trim()
  .split(/\s+/);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const STAMP = /^\d{8}T\d{6}\.\d{3}Z(-\d+)?$/;
const EMPTY_SHA256 = createHash("sha256").digest("hex");

type JobRecord = Readonly<Record<string, unknown>>;

const read = (path: string): JobRecord => JSON.parse(readFileSync(path, "utf8")) as JobRecord;

/** Every record file below a state directory, relative to it. */
function recordFiles(home: Home): string[] {
  return readdirSync(home.stateDir, { recursive: true, encoding: "utf8" })
    .filter((path) => /(^|\/)runs\/[^/]+\/[^/]+\.json$/.test(path))
    .sort();
}

function unfinishedFiles(home: Home): string[] {
  return readdirSync(home.stateDir, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".tmp"));
}

function registryOf(home: Home): DatabaseSync {
  return new DatabaseSync(join(home.stateDir, "registry.db"));
}

describe("record files", () => {
  let home: Home;
  let repository: string;

  beforeAll(async () => {
    home = createHome();
    home.writeConfig(`
      [limits.groups.one]
      concurrency = 1
      [jobs.hello]
      command = ["sh", "-c", "echo hello; echo warning >&2"]
      [jobs.slow]
      command = ["sleep", "600"]
      timeout_seconds = 0.1
      [jobs.waits]
      command = ["sleep", "600"]
      group = "one"
    `);
    repository = createRepository(home, "A project", {
      ".orchastration/config.toml": '[jobs.hello]\ncommand = ["echo", "from the project"]\n',
    });
    await home.cli(["trust", "--yes"], { cwd: repository });
    await home.cli(["run", "hello"]);
    await home.cli(["run", "slow"]);
    await home.cli(["run", "hello"], { cwd: repository });
    await home.cli(["run", "--", "sh", "-c", "echo out; exit 3"]);
    await home.cli(["run", "--", "sh", "-c", "kill -SEGV $$"]);
    const live = (await home.cli(["run", "--detach", "waits"])).stdout.trim();
    const queued = (await home.cli(["run", "--detach", "waits"])).stdout.trim();
    await home.cli(["cancel", queued]);
    await home.cli(["stop", live]);
    // They follow the commit: of seven runs, and the last one of each of five jobs.
    await until(() => recordFiles(home).length === 12 && unfinishedFiles(home).length === 0);
  });
  afterAll(() => home[Symbol.asyncDispose]());

  test("stand where the seed has them", () => {
    const folders = new Set(recordFiles(home).map(dirname));
    const hash = createHash("sha256").update(repository).digest("hex").slice(0, 8);
    expect([...folders].sort()).toEqual([
      `repos/A-project-${hash}/runs/hello`,
      "runs/adhoc",
      "runs/hello",
      "runs/slow",
      "runs/waits",
    ]);
    for (const folder of folders) {
      const names = readdirSync(join(home.stateDir, folder)).filter((name) => name !== "last.json");
      for (const name of names) expect(name.replace(/\.(json|stdout\.log|stderr\.log)$/, "")).toMatch(STAMP);
    }
  });

  test("have exactly the fields of the documentation, in its order", () => {
    const files = recordFiles(home);
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) expect(Object.keys(read(join(home.stateDir, file)))).toEqual(FIELDS);
  });

  test("are the user's alone, and nothing half written lies beside them", () => {
    expect(unfinishedFiles(home)).toEqual([]);
    for (const file of recordFiles(home)) expect(statSync(join(home.stateDir, file)).mode & 0o777).toBe(0o600);
  });

  test("name their own files, and digests that sha256sum agrees with", () => {
    for (const file of recordFiles(home).filter((path) => basename(path) !== "last.json")) {
      const record = read(join(home.stateDir, file));
      for (const stream of ["stdout", "stderr"]) {
        const path = String(record[`${stream}_path`]);
        expect(relative(home.stateDir, path)).toBe(file.replace(/json$/, `${stream}.log`));
        if (record.status === "cancelled") continue;
        const [digest] = execFileSync("sha256sum", [path], { encoding: "utf8" }).split(" ");
        expect(record[`${stream}_sha256`]).toBe(digest);
      }
    }
  });

  test("have times in RFC 3339 with milliseconds that fit each other", () => {
    for (const file of recordFiles(home)) {
      const record = read(join(home.stateDir, file));
      expect(record.end_time).toMatch(TIME);
      if (record.status === "cancelled") continue;
      expect(record.start_time).toMatch(TIME);
      const between = Date.parse(String(record.end_time)) - Date.parse(String(record.start_time));
      expect(Math.abs(between - Number(record.duration_ms))).toBeLessThan(1_000);
    }
  });

  test("say how each run ended", () => {
    const last = (folder: string) => read(join(home.stateDir, folder, "last.json"));
    expect(last("runs/hello")).toMatchObject({
      job_name: "hello",
      status: "succeeded",
      exit_code: 0,
      signal: null,
      reason: null,
      argv: ["sh", "-c", "echo hello; echo warning >&2"],
      working_dir: home.cwd,
      os: process.platform,
      stdout_sha256: createHash("sha256").update("hello\n").digest("hex"),
      stderr_sha256: createHash("sha256").update("warning\n").digest("hex"),
    });
    expect(last("runs/slow")).toMatchObject({
      status: "timed_out",
      exit_code: 124,
      signal: "SIGTERM",
      reason: expect.any(String),
      stdout_sha256: EMPTY_SHA256,
    });
    expect(last("runs/adhoc")).toMatchObject({
      job_name: "adhoc",
      status: "failed",
      exit_code: 139,
      signal: "SIGSEGV",
    });
    const waited = readdirSync(join(home.stateDir, "runs/waits")).filter((name) => /Z(-\d+)?\.json$/.test(name));
    const states = waited.map((name) => read(join(home.stateDir, "runs/waits", name)));
    expect(states.find(({ status }) => status === "cancelled")).toMatchObject({
      start_time: null,
      exit_code: null,
      stdout_sha256: null,
    });
    expect(states.find(({ status }) => status === "stopped")).toMatchObject({ exit_code: 143, signal: "SIGTERM" });
  });

  test("last.json is the newest of its folder", () => {
    for (const folder of new Set(recordFiles(home).map(dirname))) {
      const names = readdirSync(join(home.stateDir, folder)).filter((name) => /Z(-\d+)?\.json$/.test(name));
      const newest = names
        .map((name) => read(join(home.stateDir, folder, name)))
        .toSorted((a, b) => Number(a.event_seq) - Number(b.event_seq))
        .at(-1);
      expect(read(join(home.stateDir, folder, "last.json"))).toEqual(newest);
    }
  });

  test("point into the log: their hash is that of their event", async () => {
    const registry = registryOf(home);
    const hashOf = registry.prepare("SELECT hash FROM v_events WHERE seq = ?");
    for (const file of recordFiles(home)) {
      const { event_seq, event_hash } = read(join(home.stateDir, file));
      expect(hashOf.get(Number(event_seq))).toEqual({ hash: event_hash });
    }
    registry.close();
  });

  test("show --json prints the record", async () => {
    const record = read(join(home.stateDir, "runs/slow/last.json"));
    expect(await home.json(["show", String(record.run_id)])).toEqual(record);
  });

  test("doctor --rewrite-records writes every one again, byte for byte", async () => {
    const files = recordFiles(home);
    const before = files.map((file) => readFileSync(join(home.stateDir, file)));
    for (const [n, file] of files.entries()) {
      if (n % 2 === 0) rmSync(join(home.stateDir, file));
      else writeFileSync(join(home.stateDir, file), "{}");
    }
    const missing = await home.cli(["doctor"]);
    expect(missing.code).toBe(1);
    expect(missing.stdout).toMatch(/record files are missing.*--rewrite-records/);

    const count = files.filter((file) => basename(file) !== "last.json").length;
    expect(await home.json(["doctor", "--rewrite-records"])).toMatchObject({ rewritten_records: count });
    expect(recordFiles(home)).toEqual(files);
    for (const [n, file] of files.entries()) expect(readFileSync(join(home.stateDir, file))).toEqual(before[n]);
    expect((await home.cli(["doctor"])).code).toBe(0);
  });
});

describe("runs that are queued in the same millisecond", () => {
  test("get files of their own", async () => {
    await using home = createHome();
    await home.cli(["daemon", "start"]);
    const { socket } = await home.json(["daemon", "status"]);
    const connection = await connectRaw(String(socket));
    await connection.call("first", "initialize", INITIALIZE);
    const folder = join(home.stateDir, "runs/adhoc");
    const records = () =>
      existsSync(folder) ? readdirSync(folder).filter((name) => /Z(-\d+)?\.json$/.test(name)) : [];
    const expected = new Map<string, string>();
    for (let batch = 0; !records().some((name) => name.endsWith("Z-2.json")); batch += 1) {
      const asked = Array.from({ length: 10 }, (_, n) => `${batch}-${n}`);
      for (const id of asked) {
        const params = {
          context: { cwd: home.cwd, configFile: null },
          environment: home.env,
          target: { argv: ["echo", id] },
        };
        connection.send({ jsonrpc: "2.0", id, method: "job.run", params });
      }
      for (let answers = 0; answers < asked.length; answers += 1) {
        const { id, result } = await connection.next();
        const run = result?.run as { id: string } | undefined;
        expected.set(run?.id ?? "none", String(id));
      }
      await until(() => records().length === expected.size);
    }
    connection.close();
    for (const name of records()) {
      const record = read(join(folder, name));
      expect(readFileSync(String(record.stdout_path), "utf8")).toBe(`${expected.get(String(record.run_id))}\n`);
    }
  });
});

describe("the event log", () => {
  /** Events enough that a flaw in the first ones lies before what a daemon looks at when it starts. */
  const MANY_RUNS = 30;

  async function withEvents(runs: number): Promise<Home> {
    const home = createHome();
    await home.cli(["run", "--", "echo", "first"]);
    for (let n = 1; n < runs; n += 10) {
      await Promise.all(Array.from({ length: Math.min(10, runs - n) }, () => home.cli(["run", "--", "true"])));
    }
    await home.cli(["daemon", "stop"]);
    return home;
  }

  test("is a chain that can be checked without this program", async () => {
    await using home = await withEvents(3);
    const registry = registryOf(home);
    const events = registry.prepare("SELECT seq, entry, hash FROM events ORDER BY seq").all();
    expect(events.length).toBeGreaterThan(10);
    let hash = Buffer.alloc(32);
    for (const [index, event] of events.entries()) {
      hash = createHash("sha256").update(hash).update(String(event.entry)).digest();
      expect(Buffer.from(event.hash as Uint8Array)).toEqual(hash);
      expect(Object.keys(JSON.parse(String(event.entry)) as object)).toEqual(
        expect.arrayContaining(["seq", "id", "at", "actor", "entity", "name", "payload"]),
      );
      expect(event.seq).toBe(index + 1);
    }
    registry.close();
  });

  test("refuses every change of what it holds", async () => {
    await using home = await withEvents(1);
    const registry = registryOf(home);
    expect(() => registry.exec("UPDATE events SET entry = '{}' WHERE seq = 1")).toThrow("never updated");
    expect(() => registry.exec("DELETE FROM events WHERE seq = 1")).toThrow("never deleted");
    expect(() => registry.exec("INSERT OR REPLACE INTO events SELECT 1, run, entry, hash FROM events LIMIT 1")).toThrow(
      "only appended",
    );
    registry.close();
  });

  /** As somebody with a database tool and patience could. */
  function forge(home: Home, sql: string): void {
    const registry = registryOf(home);
    registry.exec("DROP TRIGGER events_are_never_updated; DROP TRIGGER events_are_never_deleted");
    registry.exec(sql);
    registry.close();
  }

  const flip = (seq: number) => `UPDATE events SET entry = replace(entry, 'first', 'worst') WHERE seq = ${seq}`;

  function seqOfFirstRun(home: Home): number {
    const registry = registryOf(home);
    const row = registry.prepare("SELECT min(seq) AS seq FROM v_events WHERE name = 'run.queued'").get();
    registry.close();
    return Number(row?.seq);
  }

  test("doctor names the first event that was changed", async () => {
    await using home = await withEvents(MANY_RUNS);
    expect((await home.cli(["doctor"])).code).toBe(0);
    await home.cli(["daemon", "stop"]);
    const seq = seqOfFirstRun(home);
    forge(home, flip(seq));
    const { code, stdout } = await home.cli(["doctor"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^error +event chain: event ${seq}: its hash is not`, "m"));
  });

  test("doctor names an event that was taken out", async () => {
    await using home = await withEvents(MANY_RUNS);
    const seq = seqOfFirstRun(home) + 1;
    forge(home, `PRAGMA foreign_keys = OFF; DELETE FROM events WHERE seq = ${seq}`);
    const { code, stdout } = await home.cli(["doctor"]);
    expect(code).toBe(1);
    expect(stdout).toContain(`event chain: event ${seq}: event ${seq} is missing`);
  });

  test("doctor compares every run with the log", async () => {
    await using home = await withEvents(2);
    const { run_id } = await home.json(["show", "adhoc"]);
    await home.cli(["daemon", "stop"]);
    forge(home, `UPDATE runs SET status = 'failed', has_failed = 1 WHERE id = '${String(run_id)}'`);
    const { code, stdout } = await home.cli(["doctor"]);
    expect(code).toBe(1);
    expect(stdout).toContain(`run ${String(run_id)} is not what the log says of it`);
  });

  test("a daemon does not go on with a log whose end was changed", async () => {
    await using home = await withEvents(1);
    const seq = seqOfFirstRun(home);
    forge(home, flip(seq));
    const before = readFileSync(join(home.stateDir, "registry.db"));
    const { code, stderr } = await home.cli(["run", "--", "true"]);
    expect(code).toBe(69);
    expect(stderr).toContain(`event ${seq}`);
    expect(readFileSync(join(home.stateDir, "registry.db"))).toEqual(before);
  });
});
