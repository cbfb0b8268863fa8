import { documents, methods, type Result } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { startToyDaemon } from "../../../../test/support/toy-daemon.ts";
import { startCli, stateDirOf } from "../run-cli.ts";
import { jobs, run, withDaemon } from "./with-daemon.ts";

describe("lists", () => {
  const standing = { repository: null, isInitialized: false, tasks: [], problems: [] };
  const listed = {
    "job.list": () => ({ jobs }),
    "repository.status": () => ({ ...standing, jobs }),
    "run.list": () => ({ runs: [run] }),
  };

  test("list prints names with their descriptions", async () => {
    expect(await withDaemon(["list"], listed)).toEqual({
      code: 0,
      stdout: "sample - List current directory\n",
      stderr: "",
    });
  });

  test("to a program, tables are lines of fields between tabs", async () => {
    const { stdout } = await withDaemon(["runs"], listed);
    expect(stdout.split("\t").slice(0, 4)).toEqual([run.id, "sample", "succeeded", "0"]);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  });

  test("to a person, they have a header and columns", async () => {
    const { stdout } = await withDaemon(["status", "--no-color"], listed, { isTerminal: true });
    const [header, row] = stdout.split("\n");
    expect(header).toMatch(/^JOB +STATUS +STARTED +DURATION +RUN$/);
    expect(row?.indexOf("succeeded")).toBe(header?.indexOf("STATUS"));
  });

  test.each([
    [false, "`orchastration init`"],
    [true, "`orchastration new <slug>`"],
  ])("status of a repository without work says what to begin with (initialized: %s)", async (isInitialized, first) => {
    const empty = { ...standing, repository: "/home/ada/project", isInitialized, jobs: [] };
    const { stderr } = await withDaemon(["status"], { "repository.status": () => empty });
    expect(stderr).toBe(`No jobs are configured and no task is written down. Begin with ${first}.\n`);
  });

  test("text of others cannot act on the terminal", async () => {
    const evil = { ...jobs[0]!, description: "\u001b[2Jcleared\u202e", name: "a\tb\nc" };
    const { stdout } = await withDaemon(["list"], { "job.list": () => ({ jobs: [evil] }) }, { isTerminal: true });
    expect(stdout).not.toMatch(/[\u001b\u202e\t]/);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  });

  test("an empty list says so on stderr, and nothing on stdout", async () => {
    const nothing = {
      "job.list": () => ({ jobs: [] }),
      "repository.status": () => ({ ...standing, jobs: [] }),
      "run.list": () => ({ runs: [] }),
    };
    for (const command of ["list", "status", "runs"]) {
      const { code, stdout, stderr } = await withDaemon([command], nothing);
      expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
      expect(stderr).not.toBe("");
    }
  });

  test("--quiet leaves out what is no result", async () => {
    const { stderr } = await withDaemon(["list", "-q"], { "job.list": () => ({ jobs: [] }) });
    expect(stderr).toBe("");
  });

  test.each([
    [["list"], documents.jobList],
    [["status"], documents.status],
    [["runs"], documents.runList],
  ])("%j --json fits the contract", async (words, schema) => {
    const { stdout } = await withDaemon([...words, "--json"], listed);
    expect(() => schema.parse(JSON.parse(stdout))).not.toThrow();
  });

  test("runs passes its filters on", async () => {
    let params: unknown;
    await withDaemon(["runs", "backup", "--failed", "-n", "3"], {
      "run.list": (given) => {
        params = given;
        return { runs: [] };
      },
    });
    expect(params).toMatchObject({ name: "backup", isFailed: true, limit: 3 });
  });
});

describe("runs, as figures", () => {
  const figures = { "run.stats": () => methods["run.stats"].example.result as unknown as Result<"run.stats"> };

  test("--stats prints a line per job", async () => {
    const { stdout } = await withDaemon(["runs", "--stats", "-q"], figures);
    expect(stdout.split("\t").slice(0, 7)).toEqual(["sample", "20", "1", "1", "94.7 %", "13 ms", "40 ms"]);
  });

  test("--plot draws without colours for a program, and with them for a person who wants them", async () => {
    const runs = { "run.list": () => ({ runs: [run] }) };
    expect((await withDaemon(["runs", "--plot"], runs)).stdout).toMatch(/^sample \|#{72}$/m);
    const person = { isTerminal: true, env: { TERM: "xterm" } };
    expect((await withDaemon(["runs", "--plot"], runs, person)).stdout).toContain("\u001b[32m█");
    expect((await withDaemon(["runs", "--plot", "--no-color"], runs, person)).stdout).toMatch(/^sample \|#+$/m);
  });

  test("one of the two is shown at a time", async () => {
    expect((await withDaemon(["runs", "--plot", "--stats"], figures)).code).toBe(2);
  });
});

describe("status --watch", () => {
  test("prints again after a change, and ends with the signal that ends it", async () => {
    const home = temporaryDirectory();
    let asked = 0;
    await using daemon = await startToyDaemon({
      stateDir: stateDirOf(home),
      handlers: {
        "repository.status": () => ({
          repository: null,
          isInitialized: false,
          tasks: [],
          problems: [],
          jobs: jobs.map((job) => ({ ...job, name: `job${++asked}` })),
        }),
      },
    });
    const cli = startCli(["status", "--watch"], { home });
    await expect.poll(cli.stdout).toMatch(/^job1\t/);
    daemon.commit("run.succeeded", "run:a");
    await expect.poll(cli.stdout).toMatch(/\njob2\t/);
    cli.signal("SIGINT");
    expect((await cli.outcome).code).toBe(130);
  });
});
