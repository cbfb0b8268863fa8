import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { createLog, type LogOptions } from "../../src/logging/log.ts";
import { startProgram } from "../line-process.ts";

const AT = new Date("2026-11-01T09:15:00.000Z");

function options(given: Partial<LogOptions> = {}): LogOptions {
  const file = join(temporaryDirectory(), "orchastration.log");
  return { file, level: "info", now: () => AT, ...given };
}

/** Every line of a log, the oldest first, also of the files that were put aside. */
function linesOf(file: string): Record<string, unknown>[] {
  const aside = Array.from({ length: 1_000 }, (_, index) => `${file}.${index + 1}`).filter((path) => existsSync(path));
  return [...aside.toReversed(), file].flatMap((path) => {
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines.pop()).toBe("");
    return lines.map((line): Record<string, unknown> => JSON.parse(line));
  });
}

describe("the log", () => {
  test("writes one JSON object per line with what it is about", async () => {
    const given = options();
    const log = createLog(given);
    log.info("run.launched", "it runs", { run: "7k3m9q2x5r8t", session: "7k3m9q2x5r8t", pid: 4260 });
    log.error("run.unsettled", 'a "quote" and a %s');
    await log.close();
    expect(readFileSync(given.file, "utf8").split("\n")).toEqual([
      `{"timestamp":"${AT.toISOString()}","level":"info","event":"run.launched","message":"it runs","run":"7k3m9q2x5r8t","session":"7k3m9q2x5r8t","pid":4260}`,
      `{"timestamp":"${AT.toISOString()}","level":"error","event":"run.unsettled","message":"a \\"quote\\" and a %s"}`,
      "",
    ]);
    expect(statSync(given.file).mode & 0o777).toBe(0o600);
  });

  test("loses and breaks no line over many rotations, in bursts, closed at once", async () => {
    const given = options({ maxBytes: 100_000, kept: 1_000 });
    const log = createLog(given);
    for (let burst = 0; burst < 20; burst += 1) {
      for (let n = 0; n < 1_000; n += 1) log.info("line.written", `line ${burst * 1_000 + n} ${"é".repeat(n % 50)}`);
      await Promise.resolve();
    }
    await log.close();
    const numbers = linesOf(given.file).map(({ message }) => Number(String(message).split(" ")[1]));
    expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, index) => index));
    expect(existsSync(`${given.file}.10`)).toBe(true);
  });

  test("keeps as many files as it is told, none beyond its size", async () => {
    const given = options({ maxBytes: 1_000, kept: 3 });
    const log = createLog(given);
    for (let n = 0; n < 100; n += 1) log.info("line.written", `line ${n}`);
    await log.close();
    const files = [given.file, ...[1, 2, 3].map((n) => `${given.file}.${n}`)];
    for (const file of files) expect(statSync(file).size).toBeLessThanOrEqual(1_000);
    expect(existsSync(`${given.file}.4`)).toBe(false);
    expect(linesOf(given.file).at(-1)).toMatchObject({ message: "line 99" });
  });

  test("goes on from where an earlier daemon stopped, even in the middle of a line", async () => {
    const given = options();
    writeFileSync(given.file, '{"message":"whole"}\n{"message":"to');
    const log = createLog(given);
    log.info("daemon.started", "back again");
    await log.close();
    const lines = readFileSync(given.file, "utf8").split("\n");
    expect(lines[1]).toBe('{"message":"to');
    expect(JSON.parse(lines[2] ?? "")).toMatchObject({ message: "back again" });
  });

  test("says what its level lets through, and the level can change", async () => {
    const given = options({ level: "warn" });
    const log = createLog(given);
    const sayAll = (): void => {
      for (const severity of ["error", "warn", "info", "debug", "trace"] as const) log[severity]("said", severity);
    };
    sayAll();
    log.setLevel("trace");
    sayAll();
    log.setLevel("off");
    sayAll();
    log.setLevel("error");
    sayAll();
    await log.close();
    expect(linesOf(given.file).map(({ message }) => message)).toEqual([
      "error",
      "warn",
      "error",
      "warn",
      "info",
      "debug",
      "trace",
      "error",
    ]);
  });

  test("takes control characters out of messages and details", async () => {
    const given = options();
    const log = createLog(given);
    log.warn("config.rejected", "two\nlines and \u001b[31mred\u009b0m", { repository: "/home/\u202eada" });
    await log.close();
    expect(linesOf(given.file)).toMatchObject([{ message: "two␤lines and [31mred0m", repository: "/home/ada" }]);
  });

  test("can be closed twice, and hears nothing afterwards", async () => {
    const given = options();
    const log = createLog(given);
    await log.close();
    await log.close();
    log.info("said", "too late");
    expect(linesOf(given.file)).toEqual([]);
  });

  test("writes the same lines to standard output when they are wanted there", async () => {
    const { file } = options();
    await using child = startProgram(new URL("./fixtures/log-on-request.ts", import.meta.url), [file, "console"]);
    child.say("hello");
    expect(await child.line()).toBe(readFileSync(file, "utf8").trimEnd());
  });
});

describe.runIf(process.platform === "linux")("the log of a full disk", () => {
  test("drops whole lines, says how many when there is room again, and ends nobody", async () => {
    const { file } = options();
    await using child = startProgram(new URL("./fixtures/log-on-request.ts", import.meta.url), [file]);
    const tell = async (message: string): Promise<void> => {
      child.say(message);
      expect(await child.line()).toBe("said");
    };
    await tell("before");
    const sizeBytes = statSync(file).size;
    // Room for half a line more.
    execFileSync("prlimit", ["--pid", String(child.pid), `--fsize=${sizeBytes + 40}:`]);
    for (const message of ["lost", "lost too", "and this"]) await tell(message);
    expect(statSync(file).size).toBe(sizeBytes);
    execFileSync("prlimit", ["--pid", String(child.pid), "--fsize=unlimited:"]);
    await tell("after");
    const messages = linesOf(file).map(({ event, message }) => `${String(event)}: ${String(message)}`);
    expect(messages).toEqual([
      "said: before",
      expect.stringMatching(/^log\.interrupted: 3 lines before this one could not be written: E/),
      "said: after",
    ]);
  });
});
