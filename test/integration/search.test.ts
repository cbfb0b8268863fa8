import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { connectRaw, INITIALIZE } from "../support/raw-connection.ts";

/** `logs --search` and `run.search`, over real runs of a live daemon. */

let home: Home;
let piped: string;
let terminal: string;

beforeAll(async () => {
  home = createHome();
  home.writeConfig(`
    [jobs.talk]
    command = ["sh", "-c", "echo first; echo the disk is FULL; echo disk trouble >&2"]
    [jobs.paint]
    command = ["sh", "-c", "printf 'a \\\\033[31mdi\\\\033[1msk\\\\033[0m is full\\\\n'"]
    tty = true
  `);
  piped = await finish("talk");
  terminal = await finish("paint");
});
afterAll(() => home[Symbol.asyncDispose]());

async function finish(job: string): Promise<string> {
  const { run_id: id } = await home.json(["run", job]);
  return String(id);
}

async function search(...args: string[]): Promise<string[][]> {
  const { stdout, code } = await home.cli(["logs", "--search", ...args]);
  expect(code).toBe(0);
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t"));
}

describe("logs --search", () => {
  test("finds lines of all runs, newest run first, and over styled pieces", async () => {
    expect(await search("disk")).toEqual([
      [terminal, "paint", "stdout", "7", "a disk is full"],
      [piped, "talk", "stdout", "10", "the disk is FULL"],
      [piped, "talk", "stderr", "0", "disk trouble"],
    ]);
  });

  test("answers offsets that logs --since-offset takes", async () => {
    const { stdout } = await home.cli(["logs", terminal, "--since-offset", "7"]);
    expect(stdout).toBe("di\u001b[1msk\u001b[0m is full\r\n");
    expect((await home.cli(["logs", piped, "--since-offset", "10"])).stdout).toBe("disk is FULL\n");
    expect((await home.cli(["logs", piped, "--stderr", "--since-offset", "5"])).stdout).toBe("trouble\n");
  });

  test("keeps to a job, to a limit, and to the case unless told otherwise", async () => {
    expect(await search("is full", "--job", "talk")).toEqual([]);
    expect(await search("is full", "--job", "talk", "--ignore-case")).toHaveLength(1);
    expect(await search("disk", "--limit", "2")).toHaveLength(2);
    const { stderr } = await home.cli(["logs", "--search", "disk", "-n", "1"]);
    expect(stderr).toContain("there may be more");
  });

  test("prints a document per hit, and nothing when there is none", async () => {
    const { stdout } = await home.cli(["--json", "logs", "--search", "trouble"]);
    expect(JSON.parse(stdout)).toEqual({
      run_id: piped,
      job_name: "talk",
      stream: "stderr",
      offset: 5,
      line: "disk trouble",
    });
    expect(await home.cli(["logs", "--search", "nowhere"])).toMatchObject({ code: 0, stdout: "" });
  });

  test("is refused for one run, and logs without a run and a text is", async () => {
    expect(await home.cli(["logs", piped, "--search", "disk"])).toMatchObject({ code: 2 });
    expect(await home.cli(["logs"])).toMatchObject({ code: 2 });
  });
});

test("run.search answers its hits, and is cancelled where it stands", async () => {
  const socket = String((await home.json(["daemon", "status"])).socket);
  const connection = await connectRaw(socket);
  await connection.call("init", "initialize", INITIALIZE);
  const context = { cwd: home.cwd, configFile: null };
  const { result } = await connection.call(1, "run.search", { context, text: "FULL" });
  expect(result).toMatchObject({ hits: [{ run: piped, line: "the disk is FULL" }], searchedRuns: 2, isLimited: false });
  const { error } = await connection.call(2, "run.search", { context, text: "two\nlines" });
  expect(error).toMatchObject({ data: { kind: "InvalidParams" } });
  connection.send({ jsonrpc: "2.0", id: 3, method: "run.search", params: { context, text: "FULL" } });
  connection.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 3 } });
  const answers = await connection.nextUntil(({ id }) => id === 3);
  expect(answers.at(-1)).toMatchObject({ error: { code: -32800 } });
  connection.close();
});
