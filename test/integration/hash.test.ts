import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { connectRaw, INITIALIZE } from "../support/raw-connection.ts";
import { until } from "../support/until.ts";

const ALGORITHMS = ["sha256", "sha1", "sha512"] as const;

let home: Home;

beforeAll(() => {
  home = createHome();
});
afterAll(() => home[Symbol.asyncDispose]());

function inCwd(name: string, content = name): string {
  writeFileSync(join(home.cwd, name), content);
  return name;
}

describe("agrees with coreutils", () => {
  const libraries = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"].find((path) => existsSync(path));

  test.each(ALGORITHMS)("%s of every regular file of the system's libraries", async (algorithm) => {
    const found = execFileSync("find", [libraries ?? "/usr/lib", "-type", "f", "-readable", "-print0"]).toString();
    const files = found.split("\0").slice(0, -1);
    expect(files.length).toBeGreaterThan(100);
    // The arguments of one command are limited in size.
    for (let from = 0; from < files.length; from += 2_000) {
      const batch = files.slice(from, from + 2_000);
      const expected = execFileSync(`${algorithm}sum`, batch, { maxBuffer: 1 << 26 });
      const actual = await home.cli(["hash", "--algo", algorithm, "--format", "gnu", "--", ...batch]);
      expect(actual.stdoutBytes.equals(expected)).toBe(true);
      expect(actual.code).toBe(0);
    }
  });

  test("the JSON lines say the same", async () => {
    const files = [inCwd("one"), inCwd("two", "two\n"), inCwd("empty", "")];
    for (const algorithm of ALGORITHMS) {
      const { stdout } = await home.cli(["hash", "--algo", algorithm, "--file", ...files]);
      const sums = execFileSync(`${algorithm}sum`, files, { cwd: home.cwd }).toString().split("\n");
      const expected = files.map((file, index) => ({ file, algorithm, hash: sums[index]?.split(" ")[0] }));
      expect(stdout).toBe(expected.map((line) => `${JSON.stringify(line)}\n`).join(""));
    }
  });
});

describe("lists of digests", () => {
  const names = [
    "plain",
    "a b",
    " leading",
    "trailing ",
    "back\\slash",
    "new\nline",
    "carriage\rreturn",
    "both\\\n",
    "tab\there",
    "*star",
    "#hash",
    "quote'\"",
    "$(x)",
    "🎼 emoji",
    "combining é",
  ];
  beforeAll(() => {
    for (const name of names) inCwd(name);
  });

  test.each(ALGORITHMS)("%ssum reads ours, and we read its own, whatever the names", async (algorithm) => {
    const program = `${algorithm}sum`;
    const ours = await home.cli(["hash", "--algo", algorithm, "--format", "gnu", "--", ...names]);
    const theirs = execFileSync(program, names, { cwd: home.cwd });
    expect(ours.stdoutBytes.equals(theirs)).toBe(true);
    expect(spawnSync(program, ["-c", "-"], { cwd: home.cwd, input: ours.stdoutBytes }).status).toBe(0);

    for (const options of [[], ["--binary"], ["--tag"]]) {
      writeFileSync(join(home.dir, "SUMS"), execFileSync(program, [...options, ...names], { cwd: home.cwd }));
      const checked = await home.cli(["hash", "--check", join(home.dir, "SUMS")]);
      expect(checked.stdout.match(/: OK$/gm)).toHaveLength(names.length);
      expect(checked).toMatchObject({ code: 0, stderr: "" });
    }
  });

  test("a digest that does not match, and a file that is gone, are told apart and fail the command", async () => {
    const changed = inCwd("changed", "before");
    const list = execFileSync("sha256sum", ["plain", changed], { cwd: home.cwd }).toString();
    writeFileSync(join(home.dir, "SUMS"), list + list.replaceAll(/plain|changed/g, "gone").split("\n")[0]);
    inCwd("changed", "after");

    const { code, stdout, stderr } = await home.cli(["hash", "--check", join(home.dir, "SUMS")]);
    expect(code).toBe(1);
    expect(stdout).toBe("plain: OK\nchanged: FAILED\ngone: FAILED open or read\n");
    expect(stderr).toMatch(/gone": there is no such file/);
    expect(stderr).toContain("1 listed file could not be read");
    expect(stderr).toContain("1 computed checksum did NOT match");

    const json = await home.cli(["--json", "hash", "--check", join(home.dir, "SUMS")]);
    expect(json).toMatchObject({ code: 1, stderr: "" });
    expect(
      json.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { file: "plain", algorithm: "sha256", status: "ok" },
      { file: "changed", algorithm: "sha256", status: "failed" },
      { file: "gone", error: { kind: "FileNotFound", message: expect.any(String) } },
    ]);
  });

  test("a file without a single such line is no list", async () => {
    const { code, stderr } = await home.cli(["hash", "--check", inCwd("no-list", "nothing\nhere\n")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no properly formatted checksum line/);
  });
});

describe("what cannot be hashed", () => {
  // Root reads what it likes by virtue of two capabilities; without them the modes of its own files hold for it, too.
  const mortal = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"] as const;
  const isRoot = process.getuid?.() === 0;
  const canBeMortal = !isRoot || spawnSync(mortal[0], [...mortal.slice(1), "true"]).status === 0;

  test.skipIf(!canBeMortal)("has its own clear error, and the others are hashed all the same", async () => {
    await using user = createHome(isRoot ? { through: mortal } : {});
    const at = (name: string): string => join(user.cwd, name);
    for (const name of ["first", "last"]) writeFileSync(at(name), name);
    writeFileSync(at("secret"), "secret", { mode: 0o000 });
    mkdirSync(at("directory"));
    execFileSync("mkfifo", [at("fifo")]);
    const files = ["first", "missing", "directory", "secret", "fifo", "/dev/zero", "first/below", "last"];
    const failures = [
      ["missing", "FileNotFound", /no such file/],
      ["directory", "NotAFile", /a directory/],
      ["secret", "NotReadable", /permission denied/],
      ["fifo", "NotAFile", /a fifo/],
      ["/dev/zero", "NotAFile", /a character device/],
      ["first/below", "FileNotFound", /no such file/],
    ] as const;

    const plain = await user.cli(["hash", "--format", "gnu", "--", ...files]);
    expect(plain.code).toBe(1);
    expect(plain.stdoutBytes.equals(execFileSync("sha256sum", ["first", "last"], { cwd: user.cwd }))).toBe(true);
    const lines = plain.stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(failures.length);
    for (const [index, [file, , reason]] of failures.entries()) {
      expect(lines[index]).toContain(file);
      expect(lines[index]).toMatch(reason);
    }

    const json = await user.cli(["--json", "hash", ...files]);
    expect(json).toMatchObject({ code: 1, stderr: "" });
    const documents = json.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(documents.map(({ file }) => file)).toEqual(files);
    expect(documents.slice(1, -1)).toEqual(
      failures.map(([file, kind, reason]) => ({ file, error: { kind, message: expect.stringMatching(reason) } })),
    );
    expect(documents.map((document) => "hash" in document)).toEqual(files.map((file) => /^(first|last)$/.test(file)));
  });
});

describe("a file that takes hours", () => {
  let path: string;
  let daemonPid: number;
  beforeAll(async () => {
    path = join(home.dir, "endless");
    writeFileSync(path, "");
    truncateSync(path, 2 ** 40);
    await home.cli(["daemon", "start"]);
    daemonPid = Number((await home.json(["daemon", "status"])).pid);
  });

  /** Whether the daemon has it open, which it has for exactly as long as it hashes it. */
  function isBeingHashed(): boolean {
    return readdirSync(`/proc/${daemonPid}/fd`).some((descriptor) => {
      try {
        return readlinkSync(`/proc/${daemonPid}/fd/${descriptor}`) === path;
      } catch {
        return false;
      }
    });
  }

  test("delays nobody, and Ctrl-C ends it in the daemon too", async () => {
    const hashing = home.start(["hash", "--file", path, path]);
    await until(isBeingHashed);

    const connection = await connectRaw(String((await home.json(["daemon", "status"])).socket));
    await connection.call("init", "initialize", INITIALIZE);
    for (let id = 0; id < 500; id++) {
      expect(await connection.call(id, "daemon.status", {})).toMatchObject({ result: { pid: daemonPid } });
    }
    connection.close();
    expect((await home.cli(["run", "--", "echo", "meanwhile"])).stdout).toBe("meanwhile\n");
    expect((await home.cli(["hash", "--format", "gnu", "/etc/passwd"])).stdout).toBe(
      execFileSync("sha256sum", ["/etc/passwd"]).toString(),
    );
    expect(isBeingHashed()).toBe(true);

    hashing.process.kill("SIGINT");
    expect(await hashing.outcome).toMatchObject({ code: 130, stdout: "" });
    await until(() => !isBeingHashed());
  });

  test.each(["SIGTERM", "SIGHUP", "SIGKILL"] as const)(
    "%s of the command ends it in the daemon too",
    async (signal) => {
      const hashing = home.start(["hash", "--file", path]);
      await until(isBeingHashed);
      hashing.process.kill(signal);
      await hashing.outcome;
      await until(() => !isBeingHashed());
      expect(await home.json(["daemon", "status"])).toMatchObject({ pid: daemonPid });
    },
  );
});
