import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";
import { until } from "../../../test/support/until.ts";
import { type PipeSpawnParams, spawnWithPipes } from "../src/spawn-pipes.ts";
import { command, spawnParams, stderrOf, stdoutOf } from "./support/commands.ts";

const PRINT = command("print-arguments.mjs");

async function runToEnd(params: PipeSpawnParams) {
  return await (await spawnWithPipes(params)).exited;
}

describe("a command", () => {
  test("gets its arguments exactly as given", async () => {
    const awkward = [
      "two words",
      "",
      "'\"",
      "line\nbreak",
      "$(touch pwned)",
      "`x`",
      "%PATH%",
      "*",
      "-rf",
      "漢字 🦀",
      "\x1b[31m",
    ];
    const params = spawnParams([PRINT, ...awkward]);
    expect(await runToEnd(params)).toEqual({ code: 0 });
    expect(JSON.parse(stdoutOf(params)).arguments).toEqual(awkward);
  });

  test("is told the name that was asked for, not the path it was found at", async () => {
    const params = spawnParams(["nickname", "-e", "process.stdout.write(process.argv0)"], { file: process.execPath });
    await runToEnd(params);
    expect(stdoutOf(params)).toBe("nickname");
  });

  test("has the environment it was given, the marker, and nothing of ours", async () => {
    const params = spawnParams([PRINT], { env: { PATH: process.env["PATH"] ?? "", ODD: "a=b\n" } });
    await runToEnd(params);
    const { env, cwd } = JSON.parse(stdoutOf(params));
    expect(env).toEqual({ ...params.env, ORCHASTRATION_RUN_ID: params.session });
    expect(cwd).toBe(params.cwd);
  });

  test("keeps its marker when the environment it was given has another one", async () => {
    const params = spawnParams([PRINT], {
      env: { PATH: process.env["PATH"] ?? "", ORCHASTRATION_RUN_ID: "somebody-else" },
    });
    await runToEnd(params);
    expect(JSON.parse(stdoutOf(params)).env.ORCHASTRATION_RUN_ID).toBe(params.session);
  });

  test("writes standard output and standard error to their own files, by path too", async () => {
    const params = spawnParams([command("write-both.sh")]);
    expect(await runToEnd(params)).toEqual({ code: 0 });
    expect(stdoutOf(params)).toBe("to-stdout\nby-path-stdout\n");
    expect(stderrOf(params)).toBe("to-stderr\nby-path-stderr\n");
    expect(statSync(params.output.stdoutPath).mode & 0o777).toBe(0o600);
  });

  test("reads nothing from standard input", async () => {
    const params = spawnParams(["/bin/cat"]);
    expect(await runToEnd(params)).toEqual({ code: 0 });
    expect(stdoutOf(params)).toBe("");
  });

  test("ends with its code or its signal", async () => {
    expect(await runToEnd(spawnParams([command("write-and-exit.sh"), "0", "7"]))).toEqual({ code: 7 });
    expect(await runToEnd(spawnParams([command("end-by-signal.sh"), "USR1"]))).toEqual({ signal: "SIGUSR1" });
  });

  test("gets the umask it was given, and ours stays", async () => {
    const before = process.umask();
    const params = spawnParams(["/bin/sh", "-c", "umask"], { umask: 0o077 });
    await runToEnd(params);
    expect(stdoutOf(params)).toBe("0077\n");
    expect(process.umask()).toBe(before);
  });

  test("leads a session and a process group of its own", async () => {
    const params = spawnParams(["/bin/sleep", "1000"]);
    const { identity, exited } = await spawnWithPipes(params);
    const stat = readFileSync(`/proc/${identity.pid}/stat`, "latin1").split(") ")[1]?.split(" ");
    expect([stat?.[2], stat?.[3]]).toEqual([String(identity.pid), String(identity.pid)]);
    process.kill(identity.pid, "SIGKILL");
    expect(await exited).toEqual({ signal: "SIGKILL" });
  });

  test("holds descriptors 0, 1 and 2 and nothing else, also the 300th", async () => {
    const children = [];
    for (let index = 0; index < 300; index++) children.push(await spawnWithPipes(spawnParams(["/bin/sleep", "1000"])));
    const openBefore = readdirSync("/proc/self/fd").length;
    const descriptors = `/proc/${children.at(-1)?.identity.pid}/fd`;
    // Not at once: the loader has the program's libraries open for a moment.
    await until(
      () =>
        readdirSync(descriptors)
          .filter((name) => !isInheritedByTests(Number(name)))
          .join() === "0,1,2",
    );
    for (const { identity } of children) process.kill(identity.pid, "SIGKILL");
    await Promise.all(children.map(({ exited }) => exited));
    expect(readdirSync("/proc/self/fd").length).toBe(openBefore);
  });

  test("is complete to its last byte however fast it ends, a hundred times", async () => {
    for (let round = 0; round < 100; round++) {
      const params = spawnParams(["head", "-c", "65536", "/dev/zero"], { file: "/usr/bin/head" });
      expect(await runToEnd(params)).toEqual({ code: 0 });
      expect(statSync(params.output.stdoutPath).size).toBe(65536);
    }
  });
});

/** This process, unlike a supervisor, passes on what its own starter forgot to close; see close-inherited-descriptors.ts. */
function isInheritedByTests(descriptor: number): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readIfPossible(`/proc/self/fdinfo/${descriptor}`))?.[1];
  return descriptor > 2 && flags !== undefined && (Number.parseInt(flags, 8) & 0o2000000) === 0;
}

function readIfPossible(path: string): string {
  return existsSync(path) ? readFileSync(path, "latin1") : "";
}

describe("a command that cannot be started", () => {
  async function refusal(params: PipeSpawnParams) {
    const error = await spawnWithPipes(params).then(
      () => new Error("it was started"),
      (reason: unknown) => reason,
    );
    expect(readdirSync(params.directory).filter((name) => name.endsWith(".log"))).toEqual([]);
    return error;
  }

  function scriptIn(params: PipeSpawnParams, content: string, mode = 0o755): string {
    const file = join(params.directory, "script");
    writeFileSync(file, content);
    chmodSync(file, mode);
    return file;
  }

  test("because there is no such program", async () => {
    for (const file of ["/nowhere/program", "/etc/passwd/program"]) {
      expect(await refusal(spawnParams([file]))).toMatchObject({ kind: "CommandNotFound" });
    }
  });

  test("because it is not executable, or a directory", async () => {
    const params = spawnParams(["x"]);
    expect(await refusal({ ...params, file: scriptIn(params, "#!/bin/sh\n", 0o644) })).toMatchObject({
      kind: "CommandNotExecutable",
      message: expect.stringContaining("permission denied"),
    });
    expect(await refusal(spawnParams(["/usr"]))).toMatchObject({
      kind: "CommandNotExecutable",
      message: expect.stringContaining("is a directory"),
    });
  });

  test("because it is a script without an interpreter line: no shell guesses", async () => {
    for (const content of ["echo guessed > guessed\n", ""]) {
      const params = spawnParams(["x"]);
      expect(await refusal({ ...params, file: scriptIn(params, content) })).toMatchObject({
        kind: "CommandNotExecutable",
        hint: expect.stringContaining("#!"),
      });
      expect(existsSync(join(params.cwd, "guessed"))).toBe(false);
    }
  });

  test("because its interpreter is missing", async () => {
    for (const line of ["#!/nowhere/interpreter\n", "#!/bin/sh\r\necho\r\n"]) {
      const params = spawnParams(["x"]);
      expect(await refusal({ ...params, file: scriptIn(params, line) })).toMatchObject({
        kind: "CommandNotFound",
        message: expect.stringContaining("interpreter"),
      });
    }
  });

  test("because its working directory is missing or no directory", async () => {
    const params = spawnParams(["/bin/true"]);
    for (const cwd of [join(params.directory, "gone"), "/etc/passwd"]) {
      expect(await refusal({ ...params, cwd })).toMatchObject({
        kind: "WorkingDirectoryInvalid",
        message: expect.stringContaining(cwd),
      });
    }
  });

  test("because it is too much, without showing what", async () => {
    const secret = "s3cret".repeat(500_000);
    const error = await refusal(spawnParams(["/bin/true"], { env: { SECRET: secret } }));
    expect(error).toMatchObject({ kind: "SpawnFailed", message: expect.stringMatching(/\d{7} bytes/) });
    expect(String(error)).not.toContain("s3cret");
  });

  test("because of a NUL, named by its place and not by its content", async () => {
    const bad = [
      spawnParams(["/bin/true", "s3cret\0"]),
      spawnParams(["/bin/true"], { env: { TOKEN: "s3cret\0" } }),
      spawnParams(["/bin/true"], { cwd: "/s3cret\0" }),
    ];
    for (const params of bad) {
      const error = await refusal(params);
      expect(error).toMatchObject({ kind: "SpawnFailed", message: expect.stringMatching(/argument 1|TOKEN|path/) });
      expect(String(error)).not.toContain("s3cret");
    }
  });
});

describe("the output files", () => {
  test("must not exist: no other run's output is touched", async () => {
    const params = spawnParams(["/bin/true"]);
    writeFileSync(params.output.stderrPath, "precious");
    await expect(spawnWithPipes(params)).rejects.toMatchObject({ kind: "SpawnFailed" });
    expect(readFileSync(params.output.stderrPath, "utf8")).toBe("precious");
    expect(existsSync(params.output.stdoutPath)).toBe(false);
  });

  test("are not made through a symbolic link", async () => {
    const params = spawnParams(["/bin/true"]);
    symlinkSync(join(params.directory, "elsewhere"), params.output.stdoutPath);
    await expect(spawnWithPipes(params)).rejects.toMatchObject({ kind: "SpawnFailed" });
    expect(existsSync(join(params.directory, "elsewhere"))).toBe(false);
  });

  test("that cannot be made are said plainly", async () => {
    const params = spawnParams(["/bin/true"]);
    const output = { ...params.output, stdoutPath: join(params.directory, "gone", "x") };
    await expect(spawnWithPipes({ ...params, output })).rejects.toMatchObject({ kind: "StateUnavailable" });
  });

  test("are the command's own to empty, as a shell's redirection is, and have no hole afterwards", async () => {
    const params = spawnParams(["/bin/sh", "-c", "echo one; echo two > /dev/stdout; echo three"]);
    await runToEnd(params);
    expect(stdoutOf(params)).toBe("two\nthree\n");
  });
});

test("a program that cannot be read but executed is started", async () => {
  const params = spawnParams(["x"]);
  mkdirSync(join(params.directory, "bin"));
  const file = join(params.directory, "bin", "true");
  writeFileSync(file, readFileSync("/bin/true"), { mode: 0o111 });
  chmodSync(file, 0o111);
  expect(await runToEnd({ ...params, file, argv: ["true"] })).toEqual({ code: 0 });
});

test("a child that ended is no zombie", async () => {
  const { identity, exited } = await spawnWithPipes(spawnParams(["/bin/true"]));
  await exited;
  await until(() => !existsSync(`/proc/${identity.pid}`));
});
