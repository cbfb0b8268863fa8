import { documents } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { startToyDaemon } from "../../../../test/support/toy-daemon.ts";
import { runCli, stateDirOf } from "../run-cli.ts";
import { fail, withDaemon } from "./with-daemon.ts";

describe("failures", () => {
  test("say what failed and what to do, on stderr, and exit with the error's code", async () => {
    const failing = { "run.get": fail("RunNotFound", 'no run "7k3m"', { hint: "Look at orchastration runs." }) };
    expect(await withDaemon(["show", "7k3m"], failing)).toEqual({
      code: 1,
      stdout: "",
      stderr: 'orchastration: no run "7k3m"\nLook at orchastration runs.\n',
    });
  });

  test("with --json are one document on stdout and nothing else", async () => {
    const failing = { "run.get": fail("RunNotFound", "no run", { hint: "Look." }) };
    const { code, stdout, stderr } = await withDaemon(["show", "7k3m", "--json"], failing);
    expect(code).toBe(1);
    expect(stderr).toBe("");
    expect(documents.error.parse(JSON.parse(stdout))).toEqual({
      error: { code: "RunNotFound", message: "no run", hint: "Look." },
    });
  });

  test("of the command line are usage errors, in JSON too", async () => {
    const home = temporaryDirectory();
    const { code, stderr } = await runCli(["shwo"], { home });
    expect(code).toBe(2);
    expect(stderr).toContain("Did you mean `orchastration show`?");
    const json = await runCli(["shwo", "--json"], { home });
    expect(documents.error.parse(JSON.parse(json.stdout))).toMatchObject({ error: { code: "Usage" } });
  });

  test("of the configuration name every mistake with its line", async () => {
    const problem = {
      file: "/c.toml",
      line: 3,
      column: 1,
      key: "jobs.x.comand",
      message: "unknown key",
      suggestion: "command",
    };
    const failing = {
      "job.list": fail("ConfigInvalid", "the configuration has a mistake", {
        details: { problems: [{ ...problem, severity: "error" }] },
      }),
    };
    const { code, stderr } = await withDaemon(["list"], failing);
    expect(code).toBe(78);
    expect(stderr).toContain("/c.toml:3: jobs.x.comand: unknown key (did you mean command?)");
  });

  test("text in them cannot act on the terminal", async () => {
    const { stderr } = await withDaemon(["show", "x"], {
      "run.get": fail("RunNotFound", "no run \u001b]52;c;aGk=\u0007"),
    });
    expect(stderr).not.toMatch(/[\u001b\u0007]/);
  });

  test("of a program that cannot be started are shown as the daemon's", async () => {
    const home = temporaryDirectory();
    const { code, stderr } = await runCli(["list"], { home });
    expect(code).toBe(69);
    expect(stderr).toContain("daemon");
  });

  test("a connection that breaks before the answer", async () => {
    const home = temporaryDirectory();
    await using daemon = await startToyDaemon({
      stateDir: stateDirOf(home),
      handlers: {
        "job.list": () => {
          daemon.dropConnections();
          return { jobs: [] };
        },
      },
    });
    expect((await runCli(["list"], { home })).code).toBe(69);
  });
});
