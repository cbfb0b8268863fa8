import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home, PROJECT_ROOT } from "../support/home.ts";

const HAS_PYTHON_AND_OPENSSL =
  spawnSync("python3", ["--version"]).status === 0 && spawnSync("openssl", ["version"]).status === 0;

let home: Home;
let run: string;

interface Line {
  readonly seq: number;
  readonly hash: string;
  readonly entry: string;
}

async function showAll(...args: string[]): Promise<Line[]> {
  const { stdout, code } = await home.cli(["audit", "show", "--json", ...args]);
  expect(code).toBe(0);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

beforeAll(async () => {
  home = createHome();
  home.writeConfig('[jobs.greet]\ncommand = ["echo", "hello"]\n');
  run = String((await home.json(["run", "greet"])).run_id);
  await home.cli(["run", "--", "true"]);
});
afterAll(() => home[Symbol.asyncDispose]());

describe("audit show", () => {
  test("tells people when, who and what", async () => {
    const { stdout } = await home.cli(["audit", "show"]);
    expect(stdout).toMatch(
      new RegExp(`^ +2  \\S+ \\S+  \\S+ \\(person\\)  run:${run}  run\\.queued  echo hello$`, "m"),
    );
    expect(stdout).toMatch(new RegExp(`run:${run}  run\\.succeeded  .*code=0$`, "m"));
  });

  test("gives scripts the log as it is stored, from which anybody can compute the chain", async () => {
    const lines = await showAll("--since", "0");
    const headSeq = Number((await home.json(["daemon", "status"])).head_seq);
    expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: headSeq }, (_, index) => index + 1));
    let hash = Buffer.alloc(32);
    for (const line of lines) {
      hash = createHash("sha256").update(hash).update(line.entry).digest();
      expect(line.hash).toBe(hash.toString("hex"));
    }
  });

  test("shows one run, the newest, or what came after", async () => {
    const ofRun = await showAll("--run", run);
    expect(ofRun.map(({ entry }) => (JSON.parse(entry) as { name: string }).name)).toEqual([
      "run.queued",
      "run.prepared",
      "run.launched",
      "run.succeeded",
    ]);
    const all = await showAll("--since", "0");
    expect(await showAll("--limit", "2")).toEqual(all.slice(-2));
    expect(await showAll("--since", "1", "--limit", "2")).toEqual(all.slice(1, 3));
  });

  test("follows what is committed until it is interrupted", async () => {
    const following = home.start(["audit", "show", "--json", "--follow", "--limit", "1"]);
    const { stdout } = following.process;
    if (stdout === null) throw new Error("no output");
    const lines = createInterface({ input: stdout });
    await once(lines, "line");
    const succeeded = new Promise<Line>((resolve) => {
      lines.on("line", (text) => {
        const line = JSON.parse(text) as Line;
        if (line.entry.includes('"run.succeeded"')) resolve(line);
      });
    });
    await home.cli(["run", "greet"]);
    expect((await showAll("--since", "0")).map(({ hash }) => hash)).toContain((await succeeded).hash);
    following.process.kill("SIGINT");
    expect((await following.outcome).code).toBe(130);
  });
});

describe("an export", () => {
  const check = async (...args: string[]) => await home.cli(["audit", "check", ...args]);
  const at = (name: string): string => join(home.cwd, name);

  beforeAll(async () => {
    writeFileSync(at("key.pem"), (await home.cli(["audit", "key"])).stdout);
    expect((await home.cli(["audit", "export", "greet", "-o", "greet.json"])).code).toBe(0);
  });

  test("holds against the key of whoever made it", async () => {
    expect((await check("greet.json")).code).toBe(0);
    expect((await check("greet.json", "--key", "key.pem")).code).toBe(0);
  });

  test("is the same on stdout, and its file and the signing key are its owner's alone", async () => {
    const { stdout } = await home.cli(["audit", "export", "greet"]);
    expect(stdout).toBe(readFileSync(at("greet.json"), "utf8"));
    for (const file of [at("greet.json"), join(home.stateDir, "audit/key.pem")])
      expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("that was changed, or made by somebody else, does not hold", async () => {
    const text = readFileSync(at("greet.json"), "utf8");
    writeFileSync(at("changed.json"), text.replace('"payload":"e', '"payload":"f'));
    const changed = await check("changed.json");
    expect([changed.code, changed.stdout]).toEqual([1, expect.stringContaining("changed.json does not hold: ")]);

    await using stranger = createHome();
    writeFileSync(at("theirs.pem"), (await stranger.cli(["audit", "key"])).stdout);
    expect((await check("greet.json", "--key", "theirs.pem")).code).toBe(1);
    const foreign = await stranger.cli(["audit", "check", at("greet.json")]);
    expect([foreign.code, foreign.stdout]).toEqual([1, expect.stringContaining("signed with another key")]);
  });

  test("shows others' events only when asked to, and says so", async () => {
    const whole = await home.cli(["audit", "export", run, "--whole", "-o", "whole.json"]);
    expect(whole.stderr).toContain("of other runs and of the daemon");
    expect((await check("whole.json")).stdout).not.toContain("left out");
    const before = await home.cli(["audit", "export", run, "--through", "2"]);
    expect([before.code, before.stderr]).toEqual([1, expect.stringContaining("at least")]);
  });

  test.skipIf(!HAS_PYTHON_AND_OPENSSL)(
    "is checked without this program, also against a head signed earlier",
    async () => {
      const script = join(PROJECT_ROOT, "scripts/verify-export");
      const shown = execFileSync(script, [at("greet.json"), at("key.pem")], { encoding: "utf8" });
      expect(shown).toContain(": 4 events, signed at event ");

      await home.cli(["daemon", "stop"]);
      await home.cli(["daemon", "start"]);
      const [head] = headFiles();
      if (head === undefined) throw new Error("the daemon signed nothing when it stopped");
      await home.cli(["audit", "export", run, "--through", String(Number.parseInt(head, 10)), "-o", "through.json"]);
      const known = join(home.stateDir, "audit/heads", head);
      execFileSync(script, [at("through.json"), at("key.pem"), known]);
    },
  );

  /** Newest first. */
  function headFiles(): string[] {
    return readdirSync(join(home.stateDir, "audit/heads")).toSorted(
      (a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10),
    );
  }
});

describe("a task", () => {
  let task: string;
  const at = (name: string): string => join(home.cwd, name);
  const namesOf = (lines: readonly Line[]): string[] =>
    lines.map(({ entry }) => (JSON.parse(entry) as { name: string }).name);

  beforeAll(async () => {
    home.writeConfig(`
      [jobs.greet]
      command = ["echo", "hello"]

      [tasks.tidy]
      command = ["echo", "tidied"]
      working_dir = ${JSON.stringify(home.cwd)}
    `);
    await home.json(["start", "tidy"]);
    const [created] = await showAll("--task", "tidy");
    task = (JSON.parse(created?.entry ?? "") as { entity: string }).entity.slice("task:".length);
  });

  test("is shown with its runs", async () => {
    const names = async () => namesOf(await showAll("--task", "tidy"));
    await expect.poll(names).toContain("task.completed");
    const lines = await showAll("--task", "tidy");
    expect(namesOf(lines)).toEqual(expect.arrayContaining(["task.created", "run.queued", "run.succeeded"]));
    expect(await showAll("--task", task)).toEqual(lines);
    expect((await home.cli(["audit", "show", "--task", "nothing"])).code).not.toBe(0);
  });

  test("is exported with its runs, and both verifiers agree", async () => {
    expect((await home.cli(["audit", "export", "--task", "tidy", "-o", "task.json"])).code).toBe(0);
    const checked = await home.json(["audit", "check", "task.json"]);
    expect(checked).toMatchObject({ ok: true, entity: `task:${task}` });
    expect(checked["subjects"]).toContainEqual({
      name: expect.stringMatching(/^\w+\/stdout$/),
      algorithm: "sha256",
      digest: createHash("sha256").update("tidied\n").digest("hex"),
    });
    if (!HAS_PYTHON_AND_OPENSSL) return;
    const script = join(PROJECT_ROOT, "scripts/verify-export");
    expect(execFileSync(script, [at("task.json"), at("key.pem")], { encoding: "utf8" })).toContain(`task:${task}: `);
  });

  test("leaves a signed head behind when it ends, against which later exports are checked", async () => {
    const completed = (await showAll("--task", "tidy")).find(({ entry }) => entry.includes('"task.completed"'));
    if (completed === undefined) throw new Error("the task is not completed");
    const folder = join(home.stateDir, "audit/heads");
    const findHead = () =>
      readdirSync(folder).find((name) => Number.parseInt(name, 10) >= completed.seq && name.endsWith(".json"));
    await expect.poll(findHead).toBeDefined();
    const head = findHead() ?? "";
    await home.cli([
      "audit",
      "export",
      "--task",
      "tidy",
      "--through",
      String(Number.parseInt(head, 10)),
      "-o",
      "through.json",
    ]);
    expect((await home.cli(["audit", "check", "through.json", "--head", join(folder, head)])).code).toBe(0);
    const unknown = await home.cli(["audit", "check", "greet.json", "--head", join(folder, head)]);
    expect([unknown.code, unknown.stdout]).toEqual([1, expect.stringContaining("does not show the signed head")]);
  });

  test("and an export is of one thing", async () => {
    expect((await home.cli(["audit", "export"])).code).toBe(2);
    expect((await home.cli(["audit", "export", run, "--task", "tidy"])).code).toBe(2);
  });
});

describe("audit verify", () => {
  test("says what it looked at, and exits with 0", async () => {
    const { stdout, code } = await home.cli(["audit", "verify"]);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^events 1 to \d+, \d+ signed heads? and \d+ outputs are as/),
    ]);
    expect(await home.json(["audit", "verify", "--from", "2", "--to", "4"])).toMatchObject({ ok: true, events: 3 });
  });

  test("says the first difference with its seq, and exits with 1", async () => {
    const { stdout_path: path, event_seq: seq } = await home.json(["show", run]);
    const before = readFileSync(String(path));
    writeFileSync(String(path), "HELLO\n");
    const { stdout, code } = await home.cli(["audit", "verify"]);
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^event ${String(seq)}: stdout of run ${run}: `)),
    ]);
    writeFileSync(String(path), before);
    expect((await home.cli(["audit", "verify"])).code).toBe(0);
  });

  test("names the segment of a terminal's recording in which one byte is another one", async () => {
    const { run_id: id } = await home.json(["run", "--tty", "--", "echo", "recorded"]);
    const segment = join(home.stateDir, "sessions", String(id), "output.0.raw");
    const before = readFileSync(segment);
    writeFileSync(segment, before.toString().replace("recorded", "rekorded"));
    const { stdout, code } = await home.cli(["audit", "verify"]);
    expect([code, stdout]).toEqual([
      1,
      expect.stringContaining(`the recording of run ${String(id)}: segment output.0.raw`),
    ]);
    writeFileSync(segment, before);
    expect((await home.cli(["audit", "verify"])).code).toBe(0);
  });

  test("refuses events that are not there", async () => {
    expect((await home.cli(["audit", "verify", "--from", "100000"])).stderr).toContain("there are no events");
  });
});
