import { Writable } from "node:stream";
import { OrchastrationError } from "@orchastration/protocol";
import { documents, type Params } from "@orchastration/protocol/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { startToyDaemon, type ToyDaemon } from "../../../../test/support/toy-daemon.ts";
import { type CliOptions, type RunningCli, runCli, startCli, stateDirOf } from "../run-cli.ts";
import { createToyRun, type ToyRun } from "./toy-run.ts";

let home: string;
let daemon: ToyDaemon;
let run: ToyRun;
let asked: Params<"job.run">[];
let stops: number;
let onStop: () => void;

beforeEach(async () => {
  home = temporaryDirectory();
  run = createToyRun(home, () => daemon);
  asked = [];
  stops = 0;
  onStop = () => {};
  daemon = await startToyDaemon({
    stateDir: stateDirOf(home),
    handlers: {
      "job.run": (params) => {
        asked.push(params);
        daemon.commit("run.queued", `run:${run.id}`);
        return { run: run.current() };
      },
      "run.get": () => ({ run: run.current() }),
      "run.stop": () => {
        stops++;
        onStop();
        return { run: run.current() };
      },
    },
  });
});
afterEach(() => daemon[Symbol.asyncDispose]());

/** Starts `run` and waits until it follows the events of its run. */
async function started(
  words: readonly string[] = ["run", "sample"],
  options: Partial<CliOptions> = {},
): Promise<RunningCli> {
  const cli = startCli(words, { home, ...options });
  await expect.poll(() => daemon.subscriptions.length).toBe(1);
  return cli;
}

describe("a run that is waited for", () => {
  test("shows its output as it comes, each stream on its own, and ends with the child's exit code", async () => {
    const cli = await started();
    run.launch();
    run.write("stdout", "one\n");
    await expect.poll(cli.stdout).toBe("one\n");
    run.write("stderr", "careful\n");
    await expect.poll(cli.stderr).toBe("careful\n");
    run.write("stdout", "two\n");
    run.end("failed", { exit: { code: 3 } });
    expect(await cli.outcome).toEqual({
      code: 3,
      stdout: "one\ntwo\n",
      stderr: "careful\njob=sample exit=3 duration_ms=100\n",
    });
  });

  test.each([
    ["its signal", "failed", { exit: { signal: "SIGSEGV" } }, 139, /exit=139/],
    [
      "124 when it timed out",
      "timedOut",
      { exit: { signal: "SIGTERM" }, reason: "took too long" },
      124,
      /timed out: took too long/,
    ],
    [
      "its signal when it was stopped",
      "stopped",
      { exit: { signal: "SIGTERM" }, reason: "asked to" },
      143,
      /was stopped: asked to/,
    ],
    ["1 when it is lost", "lost", { exit: null, reason: "the supervisor died" }, 1, /is lost.*the supervisor died/],
    ["1 when it could not start", "failed", { exit: null, reason: "no memory" }, 1, /failed: no memory/],
  ] as const)("ends with %s", async (_name, status, end, code, message) => {
    const cli = await started();
    run.launch();
    run.end(status, end);
    const outcome = await cli.outcome;
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toMatch(message);
  });

  test("that is cancelled in the queue ends with 1", async () => {
    const cli = await started();
    run.cancel();
    const { code, stderr } = await cli.outcome;
    expect(code).toBe(1);
    expect(stderr).toContain("was cancelled: cancelled by ada");
  });

  test("with --json prints its record alone", async () => {
    const cli = await started(["run", "sample", "--json"]);
    run.launch();
    run.write("stdout", "not shown");
    run.end("failed", { exit: { code: 3 } });
    const { code, stdout, stderr } = await cli.outcome;
    expect(code).toBe(3);
    expect(stderr).toBe("");
    expect(documents.jobRecord.parse(JSON.parse(stdout))).toMatchObject({
      run_id: run.id,
      exit_code: 3,
      status: "failed",
    });
  });

  test("with --quiet says nothing of its own", async () => {
    const cli = await started(["run", "sample", "--quiet"]);
    run.launch();
    run.end("succeeded");
    expect(await cli.outcome).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("goes on when the connection breaks, and misses nothing", async () => {
    const cli = await started();
    run.launch();
    daemon.dropConnections();
    run.write("stdout", "while nobody was connected");
    run.end("failed", { exit: { code: 7 } });
    expect(await cli.outcome).toMatchObject({ code: 7, stdout: "while nobody was connected" });
  });

  test("is left alone when its reader goes away", async () => {
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error("broken pipe"), { code: "EPIPE" }));
      },
    }).on("error", () => {});
    const cli = await started(["run", "sample"], { stdout });
    run.launch();
    run.write("stdout", "to nobody");
    const { code, stderr } = await cli.outcome;
    expect(code).toBe(141);
    expect(stderr).toMatch(new RegExp(`Run ${run.id} goes on.*logs ${run.id} --follow.*stop ${run.id}`));
    expect(stops).toBe(0);
  });
});

describe("signals", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("the first %s stops the run and waits for its end", async (signal) => {
    const cli = await started();
    run.launch();
    onStop = () => run.end("stopped", { exit: { code: 5 }, reason: "stopped by ada" });
    cli.signal(signal);
    const { code, stderr } = await cli.outcome;
    expect(stops).toBe(1);
    expect(code).toBe(5);
    expect(stderr).toContain("was stopped: stopped by ada");
  });

  test("the second one leaves it, and says how to come back", async () => {
    const cli = await started();
    run.launch();
    cli.signal("SIGINT");
    await expect.poll(() => stops).toBe(1);
    // The same signal so soon after the first one would count as its echo.
    cli.signal("SIGTERM");
    const { code, stderr } = await cli.outcome;
    expect(code).toBe(143);
    expect(stderr).toMatch(new RegExp(`logs ${run.id} --follow.*stop ${run.id}`));
  });

  test("a terminal that goes away leaves it at once", async () => {
    const cli = await started();
    run.launch();
    cli.signal("SIGHUP");
    expect((await cli.outcome).code).toBe(129);
    expect(stops).toBe(0);
  });

  test("a run stopped before it began ends as the signal says", async () => {
    const cli = await started();
    onStop = () => run.cancel();
    cli.signal("SIGINT");
    expect((await cli.outcome).code).toBe(130);
  });

  test("a stop that comes too late is no error", async () => {
    const cli = await started();
    run.launch();
    onStop = () => {
      run.end("succeeded");
      throw new OrchastrationError("IllegalTransition", "it has ended");
    };
    cli.signal("SIGINT");
    const { code, stderr } = await cli.outcome;
    expect(code).toBe(0);
    expect(stderr).toBe("job=sample exit=0 duration_ms=100\n");
  });
});

describe("what is asked of the daemon", () => {
  const ask = async (words: readonly string[]): Promise<Params<"job.run">> => {
    await runCli(["run", "--detach", ...words], { home, env: { PATH: "/bin", EMPTY: "" } });
    return asked[0]!;
  };

  test("a job with everything the command line says about it", async () => {
    const line = ["sample", "--timeout", "1.5", "--env", "A=1", "-e", "B=x=y", "--config", "c.toml", "--", "-x", ""];
    expect(await ask(line)).toEqual({
      context: { cwd: home, configFile: `${home}/c.toml` },
      environment: { PATH: "/bin", EMPTY: "" },
      umask: process.umask(),
      target: { job: "sample", extraArgs: ["-x", ""] },
      env: { A: "1", B: "x=y" },
      timeoutMs: 1_500,
    });
  });

  test("a command with every argument as it was given", async () => {
    const argv = ["printf", "a b", "$(x)", "", "--json", "🎼\n"];
    expect((await ask(["--", ...argv])).target).toEqual({ argv });
  });

  test("--detach prints the id and does not wait", async () => {
    expect(await runCli(["run", "-d", "sample"], { home })).toEqual({ code: 0, stdout: `${run.id}\n`, stderr: "" });
    const { stdout } = await runCli(["run", "-d", "sample", "--json"], { home });
    expect(documents.jobRecord.parse(JSON.parse(stdout))).toMatchObject({ status: "queued", exit_code: null });
  });

  test.each([
    [["run"], /nothing to run/],
    [["run", "--", ""], /nothing to run/],
    [["run", "x", "--env", "NOVALUE"], /--env got "NOVALUE"/],
    [["run", "x", "--env", "=v"], /--env got "=v"/],
  ])("%j is refused before anything is asked", async (words, message) => {
    const { code, stderr } = await runCli(words, { home });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(asked).toEqual([]);
  });
});
