import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { documents, type Run } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import type { CliOptions, CliOutcome } from "../run-cli.ts";
import { run, withDaemon } from "./with-daemon.ts";

describe("logs", () => {
  function recorded(home: string, stdout: string, stderr: string): Run {
    const output = { stdoutPath: join(home, "out"), stderrPath: join(home, "err") };
    writeFileSync(output.stdoutPath, stdout);
    writeFileSync(output.stderrPath, stderr);
    const summary = {
      stdoutBytes: Buffer.byteLength(stdout),
      stderrBytes: Buffer.byteLength(stderr),
      stdoutSha256: null,
      stderrSha256: null,
    };
    return { ...run, output, state: { ...run.state, summary } as Run["state"] };
  }

  async function logs(words: readonly string[], options: Partial<CliOptions> = {}): Promise<CliOutcome> {
    const home = temporaryDirectory();
    const found = recorded(home, "out \u001b[31mred\u001b[2J\n", "err\n");
    return await withDaemon(["logs", "x", ...words], { "run.get": () => ({ run: found }) }, { ...options, home });
  }

  test("prints each stream to its own, with its exact bytes", async () => {
    expect(await logs([])).toEqual({ code: 0, stdout: "out \u001b[31mred\u001b[2J\n", stderr: "err\n" });
  });

  test("chooses a stream, and a place to begin", async () => {
    expect(await logs(["--stderr"])).toMatchObject({ stdout: "err\n", stderr: "" });
    expect(await logs(["--stderr", "--since-offset", "2"])).toMatchObject({ stdout: "r\n", stderr: "" });
    expect(await logs(["--since-offset", "99"])).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("on a terminal lets nothing through but text and colours, unless asked to", async () => {
    expect((await logs([], { isTerminal: true })).stdout).toBe("out \u001b[31mred\n\u001b[0m");
    expect((await logs(["--raw"], { isTerminal: true })).stdout).toBe("out \u001b[31mred\u001b[2J\n");
  });

  test("--follow of a run that has ended prints all of it", async () => {
    expect(await logs(["--follow"])).toMatchObject({ code: 0, stdout: "out \u001b[31mred\u001b[2J\n" });
  });

  test("--json carries every byte with its place", async () => {
    const { stdout } = await logs(["--json", "--since-offset", "4"]);
    const chunk = documents.logsLine.parse(JSON.parse(stdout));
    expect(chunk).toMatchObject({ stream: "stdout", offset: 4 });
    expect("base64" in chunk && Buffer.from(chunk.base64, "base64").toString()).toBe("\u001b[31mred\u001b[2J\n");
  });

  test("leaves out what a surviving descendant wrote after the end", async () => {
    const home = temporaryDirectory();
    const found = recorded(home, "mine", "");
    appendFileSync(found.output.stdoutPath, " and a survivor's");
    for (const words of [
      ["logs", "x"],
      ["logs", "x", "--follow"],
    ]) {
      expect((await withDaemon(words, { "run.get": () => ({ run: found }) }, { home })).stdout).toBe("mine");
    }
  });

  test("says so when part of the record is gone", async () => {
    const home = temporaryDirectory();
    const found = recorded(home, "all of it", "");
    writeFileSync(found.output.stdoutPath, "all");
    const { stdout, stderr } = await withDaemon(["logs", "x"], { "run.get": () => ({ run: found }) }, { home });
    expect(stdout).toBe("all");
    expect(stderr).toMatch(/Part of the stdout of run .* is missing/);
  });
});
