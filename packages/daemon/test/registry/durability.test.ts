import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { type LineProcess, startProgram } from "../line-process.ts";
import { open } from "./sample-runs.ts";

const program = new URL("./fixtures/commit-on-request.ts", import.meta.url);

async function ask(child: LineProcess, request: string): Promise<string> {
  child.say(request);
  return child.line();
}

describe("a registry whose program is killed", () => {
  test.each([
    ["before-commit", 0],
    ["after-commit", 1],
    ["before-publish", 1],
  ] as const)("at %s has all that was promised and whole transactions only", async (point, expected) => {
    const stateDir = temporaryDirectory();
    await using child = startProgram(program, [stateDir, point]);
    child.say("10");
    expect(await child.ended).toBe("SIGKILL");
    const registry = open(stateDir);
    expect(await registry.verify()).toMatchObject({ ok: true, events: expected });
    registry.close();
  });

  test("at any moment has every commit that was answered", async () => {
    const stateDir = temporaryDirectory();
    await using child = startProgram(program, [stateDir]);
    expect(await ask(child, "10")).toBe("committed 1");
    for (let n = 0; n < 500; n += 1) child.say("10");
    let answered = 1;
    while (answered < 100) answered = Number((await child.line()).split(" ")[1]);
    child.kill();
    await child.ended;
    const registry = open(stateDir);
    const verification = await registry.verify();
    expect(verification.ok && verification.events).toBeGreaterThanOrEqual(answered);
    registry.close();
  });
});

/** The limit of a process on the size of its files is the disk that is full for it alone. */
const limitFileSize = (pid: number, bytes: number | "unlimited"): void => {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
};

describe.runIf(process.platform === "linux")("a registry whose disk is full", () => {
  test("says so, keeps what it had, and goes on when there is room", async () => {
    const stateDir = temporaryDirectory();
    await using child = startProgram(program, [stateDir]);
    expect(await ask(child, "1000")).toBe("committed 1");
    limitFileSize(child.pid, 300_000);
    expect(await ask(child, "1000000")).toMatch(
      /^failed StateUnavailable: OrchastrationError: cannot write to the state directory .*: (there is no room left|the system failed to write to it)$/,
    );
    expect(await ask(child, "1000")).toBe("committed 2");
    expect(await ask(child, "2000000")).toMatch(/^failed StateUnavailable/);
    limitFileSize(child.pid, "unlimited");
    expect(await ask(child, "2000000")).toBe("committed 3");
    expect(JSON.parse(await ask(child, "verify"))).toMatchObject({ ok: true, events: 3 });
    child.kill();
    await child.ended;
    const registry = open(stateDir);
    expect(await registry.verify()).toMatchObject({ ok: true, events: 3 });
    registry.close();
  });
});
