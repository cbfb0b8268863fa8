import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { documents } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { startToyDaemon } from "../../../../test/support/toy-daemon.ts";
import { startCli, stateDirOf } from "../run-cli.ts";
import { withDaemon } from "./with-daemon.ts";

describe("hash", () => {
  const digest = (file: string) => ({ file, algorithm: "sha256" as const, hash: "ab".repeat(32) });
  const failure = (file: string) => ({
    file,
    error: { kind: "FileNotFound" as const, message: `Cannot hash "${file}".` },
  });
  const handlers = {
    "hash.compute": ({ files }: { files: string[] }) => ({
      outcomes: files.map((file) => (file.endsWith("missing") ? failure(file) : digest(file))),
    }),
    "config.get": () => ({ files: [], entries: [], warnings: [] }),
  };

  test("prints a JSON line per file, under the name it was given, and fails when one failed", async () => {
    const { code, stdout, stderr } = await withDaemon(["hash", "a", "missing", "b/../c"], handlers);
    expect(code).toBe(1);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => documents.hashLine.parse(JSON.parse(line))),
    ).toEqual([digest("a"), digest("b/../c")]);
    expect(stderr).toMatch(/^orchastration: Cannot hash ".*missing"\.\n$/);
  });

  test("with --json failures are lines too", async () => {
    const { stdout, stderr } = await withDaemon(["hash", "a", "missing", "--json"], handlers);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => "error" in JSON.parse(line)),
    ).toEqual([false, true]);
    expect(stderr).toBe("");
  });

  test("what is known together is written together", async () => {
    const written: string[] = [];
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written.push(chunk.toString());
        done();
      },
    });
    const files = Array.from({ length: 1_000 }, (_, n) => `file-${n}`);
    await withDaemon(["hash", ...files, "--format", "gnu"], handlers, { stdout });
    expect(written.join("")).toBe(files.map((file) => `${"ab".repeat(32)}  ${file}\n`).join(""));
    expect(written.length).toBeLessThan(20);
  });

  test("takes the configured algorithm unless one is named", async () => {
    const asked: string[] = [];
    const telling = {
      "hash.compute": ({ algorithm }: { algorithm: string }) => {
        asked.push(algorithm);
        return { outcomes: [] };
      },
      "config.get": () => ({
        files: [],
        entries: [{ key: "hash.algorithm", value: "sha512", layer: "global" as const, file: null, line: null }],
        warnings: [],
      }),
    };
    await withDaemon(["hash", "a"], telling);
    await withDaemon(["hash", "a", "--algo", "sha1"], telling);
    expect(asked).toEqual(["sha512", "sha1"]);
  });

  test("checks a list as sha256sum does", async () => {
    const home = temporaryDirectory();
    const good = "ab".repeat(32);
    writeFileSync(join(home, "sums"), `# comment\n\n${good}  a\n${"cd".repeat(32)}  b\n${good} *missing\nnonsense\n`);
    const { code, stdout, stderr } = await withDaemon(["hash", "--check", "sums"], handlers, { home });
    expect(code).toBe(1);
    expect(stdout).toBe("a: OK\nb: FAILED\nmissing: FAILED open or read\n");
    expect(stderr).toContain("WARNING: 1 line is improperly formatted");
    expect(stderr).toContain("WARNING: 1 listed file could not be read");
    expect(stderr).toContain("WARNING: 1 computed checksum did NOT match");
    expect((await withDaemon(["hash", "-qc", "sums"], handlers, { home })).stdout).not.toContain("OK");
  });

  test.each([
    [["hash"], 2, /nothing to hash/],
    [["hash", "-"], 2, /standard input/],
    [["hash", "a", "--check", "b"], 2, /--check takes the names from its list/],
    [["hash", "--check", "none"], 1, /list cannot be read.*none/],
  ])("%j is refused with a reason", async (words, code, message) => {
    const outcome = await withDaemon(words, handlers);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toMatch(message);
  });

  test("a list without a checksum in it fails", async () => {
    const home = temporaryDirectory();
    writeFileSync(join(home, "sums"), "hello\n");
    const { code, stderr } = await withDaemon(["hash", "--check", "sums"], handlers, { home });
    expect(code).toBe(1);
    expect(stderr).toContain("no properly formatted checksum line");
  });

  test("Ctrl-C gives up what is not hashed yet", async () => {
    const home = temporaryDirectory();
    const hashing = Promise.withResolvers<void>();
    await using _ = await startToyDaemon({
      stateDir: stateDirOf(home),
      handlers: {
        "hash.compute": (_params, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason as Error));
            hashing.resolve();
          }),
      },
    });
    const cli = startCli(["hash", "a", "--algo", "sha1"], { home });
    await hashing.promise;
    cli.signal("SIGINT");
    expect(await cli.outcome).toEqual({ code: 130, stdout: "", stderr: "" });
  });
});
