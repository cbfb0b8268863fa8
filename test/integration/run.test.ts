import { spawnSync } from "node:child_process";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLI, createHome, type Home, PROJECT_ROOT } from "../support/home.ts";

let home: Home;

beforeAll(() => {
  home = createHome();
  home.writeConfig(`
    [jobs.hello]
    description = "Say hello"
    command = ["echo", "hello"]

    [jobs.fails]
    command = ["sh", "-c", "echo out; echo err >&2; exit 3"]

    [jobs.slow]
    command = ["sleep", "600"]
    timeout_seconds = 0.2

    [jobs.prints-environment]
    command = ["sh", "-c", 'printf "%s|%s|%s" "$FROM_JOB" "$FROM_CALLER" "$OVERRIDDEN"']
    env = { FROM_JOB = "job", OVERRIDDEN = "job" }

    [jobs.elsewhere]
    command = ["pwd"]
    working_dir = "/usr"
  `);
});
afterAll(() => home[Symbol.asyncDispose]());

/** The same command without us, writing to files as it would behind a shell's `>`: Node's own pipes are sockets. */
function directly([file, ...args]: readonly [string, ...string[]]) {
  const [out, err] = [join(home.dir, "direct.out"), join(home.dir, "direct.err")];
  const { status } = spawnSync(file, args, {
    cwd: home.cwd,
    env: home.env,
    stdio: ["ignore", openSync(out, "w"), openSync(err, "w")],
  });
  return { stdout: readFileSync(out), stderr: readFileSync(err, "utf8"), code: status };
}

describe("output and exit code are those of the command run directly", () => {
  test.each<[string, readonly [string, ...string[]]]>([
    ["git fsck of this repository", ["git", "-C", PROJECT_ROOT, "-c", "safe.directory=*", "fsck", "--no-progress"]],
    ["git log --stat of this repository", ["git", "-C", PROJECT_ROOT, "-c", "safe.directory=*", "log", "--stat"]],
    [
      "every byte value, 64 times",
      ["node", "-e", "process.stdout.write(Buffer.from(Array.from({length:64*256},(_,n)=>n%256)))"],
    ],
    ["no output at all", ["true"]],
    ["output without a final newline", ["printf", "no newline"]],
    [
      "an argv with everything in it",
      ["printf", "%s\\n", "a b", "q\"u'o", "new\nline", "$(x)", "", "🎼", "--", "-n", "*", "\\"],
    ],
    [
      "a command that writes to /dev/stderr itself",
      ["sh", "-c", "echo to stderr > /dev/stderr; echo to stdout > /dev/stdout"],
    ],
  ])("%s", async (_name, argv) => {
    const expected = directly(argv);
    const actual = await home.cli(["run", "--", ...argv]);
    expect(actual.stdoutBytes.equals(expected.stdout)).toBe(true);
    expect(actual.stderr).toMatch(new RegExp(`job=adhoc exit=${expected.code} duration_ms=[\\d.]+\\n$`));
    expect(actual.stderr.replace(/job=adhoc.*\n$/, "")).toBe(expected.stderr);
    expect(actual.code).toBe(expected.code);
  });

  test("tar of /usr/share/doc to a file", async () => {
    const [ours, theirs] = [join(home.dir, "ours.tar"), join(home.dir, "theirs.tar")];
    const outcome = await home.cli(["run", "--", "tar", "-cf", ours, "-C", "/usr/share", "doc"]);
    expect(outcome.code).toBe(0);
    directly(["tar", "-cf", theirs, "-C", "/usr/share", "doc"]);
    expect(readFileSync(ours).equals(readFileSync(theirs))).toBe(true);
  });
});

describe("jobs", () => {
  test("a job prints its output and one line about how it ended", async () => {
    const { code, stdout, stderr } = await home.cli(["run", "hello"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "hello\n" });
    expect(stderr).toMatch(/^job=hello exit=0 duration_ms=[\d.]+\n$/);
  });

  test("a failing job fails the command with its own code, its streams kept apart", async () => {
    const { code, stdout, stderr } = await home.cli(["run", "fails"]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "out\n" });
    expect(stderr).toMatch(/^err\njob=fails exit=3 duration_ms=[\d.]+\n$/);
  });

  test("a job that takes too long ends with 124", async () => {
    const { code, stderr } = await home.cli(["run", "slow"]);
    expect(code).toBe(124);
    expect(stderr).toContain("exit=124");
    expect(await home.json(["show", "slow"])).toMatchObject({ status: "timed_out", exit_code: 124, signal: "SIGTERM" });
  });

  test("a command ended by a signal ends with 128 and its number", async () => {
    expect((await home.cli(["run", "--", "sh", "-c", "kill -SEGV $$"])).code).toBe(139);
  });

  test("--timeout is stronger than the job's", async () => {
    const { code } = await home.cli(["run", "--timeout", "0.1", "--", "sleep", "600"]);
    expect(code).toBe(124);
  });

  test("extra arguments follow the job's own", async () => {
    const { stdout } = await home.cli(["run", "hello", "--", "--from", "a b"]);
    expect(stdout).toBe("hello --from a b\n");
  });

  test("the environment is the caller's, then the job's, then the command line's", async () => {
    const env = { FROM_CALLER: "caller", OVERRIDDEN: "caller" };
    expect((await home.cli(["run", "prints-environment"], { env })).stdout).toBe("job|caller|job");
    const args = ["run", "prints-environment", "--env", "OVERRIDDEN=flag=1"];
    expect((await home.cli(args, { env })).stdout).toBe("job|caller|flag=1");
  });

  test("a command runs where the caller stands, a job where its configuration says", async () => {
    expect((await home.cli(["run", "--", "pwd"], { cwd: home.dir })).stdout).toBe(`${home.dir}\n`);
    expect((await home.cli(["run", "elsewhere"])).stdout).toBe("/usr\n");
  });

  test("a command gets the caller's umask and no other descriptors than the three", async () => {
    const file = join(home.dir, "made");
    const [shell, script] = ['umask 026; exec "$0" "$@"', `umask > ${file}`];
    const caller = spawnSync("sh", ["-c", shell, process.execPath, CLI, "run", "--", "sh", "-c", script], {
      env: home.env,
      cwd: home.cwd,
    });
    expect(caller.status).toBe(0);
    expect(readFileSync(file, "utf8").trim()).toBe("0026");
    const descriptors = "for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 20 30; do [ -e /proc/$$/fd/$n ] && echo $n; done; true";
    expect((await home.cli(["run", "--", "sh", "-c", descriptors])).stdout).toBe("0\n1\n2\n");
  });

  test("--detach answers with the run's id at once; logs --follow waits for the end", async () => {
    const { stdout } = await home.cli(["run", "--detach", "--", "sh", "-c", "echo one; echo two"]);
    const followed = await home.cli(["logs", stdout.trim(), "--follow"]);
    expect(followed.stdout).toBe("one\ntwo\n");
  });

  test("--json prints the record and nothing of the child", async () => {
    const record = await home.json(["run", "fails"]);
    expect(record).toMatchObject({ job_name: "fails", exit_code: 3, status: "failed" });
    expect(readFileSync(String(record.stdout_path), "utf8")).toBe("out\n");
  });

  test("rerun repeats argv and directory with the caller's environment, and diff says what differs", async () => {
    const first = await home.json(["run", "--", "sh", "-c", 'echo "$VARIANT"'], { env: { VARIANT: "1" } });
    const second = await home.json(["rerun", String(first.run_id)], { env: { VARIANT: "2" } });
    expect(second.argv).toEqual(first.argv);
    expect(readFileSync(String(second.stdout_path), "utf8")).toBe("2\n");
    const { stdout } = await home.cli(["diff", String(first.run_id), String(second.run_id)]);
    expect(stdout).toContain("stdout");
    expect(stdout).toContain("VARIANT");
    expect(stdout).not.toContain("working_dir");
  });
});

test("two runs of the same command in the same environment do not differ in it", async () => {
  const [first, second] = [await home.json(["run", "hello"]), await home.json(["run", "hello"])];
  const { stdout } = await home.cli(["diff", String(first.run_id), String(second.run_id)]);
  expect(stdout).not.toMatch(/environment|argv|stdout/);
});

describe("what cannot run is refused before anything claims to run", () => {
  test.each([
    ["a misspelt job names the nearest one", ["run", "helo"], 1, /"helo".*[\s\S]*hello/],
    ["an unknown program", ["run", "--", "no-such-program-here"], 127, /no-such-program-here: command not found/],
    ["a file that is not executable", ["run", "--", "/etc/passwd"], 126, /not marked executable/],
    ["a directory", ["run", "--", "/etc"], 126, /is a directory/],
  ])("%s", async (_name, args, code, message) => {
    const before = await home.cli(["runs", "--json"]);
    const outcome = await home.cli(args);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toMatch(message);
    expect((await home.cli(["runs", "--json"])).stdout).toBe(before.stdout);
  });

  test("a working directory that does not exist", async () => {
    const config = join(home.dir, "nowhere.toml");
    writeFileSync(config, '[jobs.nowhere]\ncommand = ["true"]\nworking_dir = "/does/not/exist"\n');
    const { code, stderr } = await home.cli(["--config", config, "run", "nowhere"]);
    expect(code).toBe(1);
    expect(stderr).toContain("/does/not/exist: it does not exist");
  });
});

test("an environment that is too large is refused with its cause, and nothing was run", async () => {
  const large = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`LARGE_${n}`, "x".repeat(120_000)]));
  const before = await home.cli(["runs", "--json"]);
  const { code, stderr } = await home.cli(["run", "--", "true"], { env: large });
  expect(code).toBe(1);
  expect(stderr).toMatch(/environment and the arguments of the command are too large[\s\S]*env -u/);
  expect((await home.cli(["runs", "--json"])).stdout).toBe(before.stdout);
});
