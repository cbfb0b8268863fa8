import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type MethodDefinition, methods, openRpc } from "@orchastration/protocol/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home, PROJECT_ROOT } from "../support/home.ts";
import { connectRaw, INITIALIZE, type Message } from "../support/raw-connection.ts";
import { git } from "../support/repository.ts";
import { until } from "../support/until.ts";

let home: Home;

beforeAll(() => {
  home = createHome();
  home.writeConfig(`
    [jobs.sample]
    description = "List current directory"
    command = ["ls", "-la"]

    [jobs.alone]
    command = ["sleep", "600"]
    group = "alone"

    [limits.groups.alone]
    concurrency = 1

    [agents.waits]
    command = ["cat"]
    resume = ["sh", "-c", "exec cat", "{session_id}"]
    prompt = "none"

    [agents.PlannerAgent]
    command = ["sleep", "600"]

    [orchestrations.feature]
    agents = ["PlannerAgent"]

    [tasks.report]
    working_dir = "${home.cwd}"
    command = ["true"]
  `);
});
afterAll(() => home[Symbol.asyncDispose]());

const contract = new Map<string, MethodDefinition>(Object.entries(methods));

function definitionOf(method: string): MethodDefinition {
  const definition = contract.get(method);
  if (definition === undefined) throw new Error(`The contract has no method ${method}.`);
  return definition;
}

/** Every example of the document, as another program reads them there. */
const examples = openRpc().methods.flatMap(({ name: method, examples: given }) =>
  given.map(({ params, result }) => ({
    method,
    params: Object.fromEntries(params.map(({ name, value }) => [name, value])),
    result: result.value,
  })),
);

/** To a daemon that stays: the example before this one may have asked it to end or to make room for another, and it still answers for a while. */
async function connectToDaemon(): ReturnType<typeof connectRaw> {
  let connection: Awaited<ReturnType<typeof connectRaw>> | undefined;
  await until(async () => {
    connection?.close();
    await home.cli(["daemon", "start"]);
    const { stdout } = await home.cli(["daemon", "status", "--json"]);
    const { socket } = JSON.parse(stdout) as { socket?: unknown };
    if (typeof socket !== "string") return false;
    connection = await connectRaw(socket);
    return (await connection.call("ping", "ping", {})).error === undefined;
  });
  if (connection === undefined) throw new Error("there is no connection");
  return connection;
}

async function ask(method: string, params: object, isSubscribed = false): Promise<Message> {
  const connection = await connectToDaemon();
  try {
    if (method !== "initialize") await connection.call("init", "initialize", INITIALIZE);
    if (isSubscribed) await connection.call("subscribe", "events.subscribe", {});
    return await connection.call(1, method, params);
  } finally {
    connection.close();
  }
}

function expectResult(method: string, { result, error }: Message): void {
  expect(error).toBeUndefined();
  const parsed = definitionOf(method).result.safeParse(result);
  expect(parsed.error).toBeUndefined();
  // Parsing leaves out what the schema does not name.
  expect(parsed.data).toEqual(result);
}

test("rpc.discover serves the committed document", async () => {
  const committed: unknown = JSON.parse(readFileSync(join(PROJECT_ROOT, "packages/protocol/openrpc.json"), "utf8"));
  expect((await ask("rpc.discover", {})).result).toEqual(committed);
});

test("every method has an example", () => {
  expect(new Set(examples.map(({ method }) => method))).toEqual(new Set(contract.keys()));
});

describe("an example as it stands fits the contract, and is answered with a result or an error its method declares", () => {
  test.each(examples)("$method", async ({ method, params, result }) => {
    const definition = definitionOf(method);
    expect(definition.params.safeParse(params).error).toBeUndefined();
    expect(definition.result.safeParse(result).error).toBeUndefined();

    const answer = await ask(method, params);
    if (answer.error === undefined) expectResult(method, answer);
    else expect(definition.errors).toContain(answer.error.data?.kind);
  });
});

describe("an example asked where what it names exists is answered with a result", () => {
  /** Its id, and the beginning of it. */
  const EXAMPLE_RUN = /"7k3m(9q2x5r8t)?"/g;

  async function start(...words: string[]): Promise<string> {
    return String((await home.json(["run", ...words])).run_id);
  }

  /** A run in the state in which the method has something to do. */
  async function runFor(method: string): Promise<string> {
    if (method.startsWith("session.")) return await start("--detach", "--tty", "--", "cat");
    if (method === "run.stop") return await start("--detach", "alone");
    if (method !== "run.cancel") return await start("sample");
    await start("--detach", "alone");
    return await start("--detach", "alone");
  }

  /** What is done with a task before the method has something to do; nothing for the others. */
  const STEPS: Readonly<Record<string, readonly (readonly string[])[]>> = {
    "task.idle": [["start"]],
    "task.stop": [["start"]],
    "task.exec": [["start"]],
    "task.review": [["complete"]],
    "task.resume": [["session", "set"]],
    "task.merge": [["start"], ["exec"], ["complete", "--stop"]],
  };

  /** The same with a configured task. */
  const PLANNED: Readonly<Record<string, readonly (readonly string[])[]>> = {
    "plan.create": [],
    "plan.status": [],
    "build.run": [["plan", "create"]],
    "doc.generate": [["build", "run", "--replan"]],
  };

  /** The name of a task in the state in which the method has something to do. */
  async function taskFor(method: string): Promise<string> {
    const steps = PLANNED[method];
    for (const words of steps ?? []) await home.cli([...words, "report"]);
    if (steps !== undefined) return "report";
    const name = String((await home.json(["new", "login", "--agent", "waits"])).name);
    const behind: Readonly<Record<string, readonly string[]>> = {
      exec: ["--", "sh", "-c", `echo work > ${name}; git add .; git commit --quiet --message Work`],
      session: ["c-1"],
    };
    for (const words of STEPS[method] ?? []) {
      const { code, stderr } = await home.cli([...words, name, ...(behind[words[0] ?? ""] ?? [])]);
      expect(code, stderr).toBe(0);
    }
    return name;
  }

  function inPlace(params: object, run: string, task: string): object {
    const here = JSON.stringify(params)
      .replaceAll('"/home/ada/project', JSON.stringify(home.cwd).slice(0, -1))
      .replaceAll('"3-login"', JSON.stringify(task))
      .replaceAll(EXAMPLE_RUN, JSON.stringify(run));
    return JSON.parse(here) as object;
  }

  beforeAll(async () => {
    execFileSync("git", ["init", "--quiet", home.cwd]);
    git(home, home.cwd, "config", "user.name", "Ada");
    git(home, home.cwd, "config", "user.email", "ada@example.org");
    git(home, home.cwd, "commit", "--quiet", "--allow-empty", "--message", "Begin");
    await home.cli(["init"]);
    for (let n = 0; n < 4; n++) await home.cli(["run", "sample"]);
    await home.cli(["audit", "export", "sample", "-o", "sample.dsse.json"]);
  });

  // Control is taken by an attachment, which lives on a supervisor's connection: proven there.
  // The same holds for issues, for which there has to be a GitHub.
  const ELSEWHERE: ReadonlySet<string> = new Set(["session.takeControl", "git.createIssue"]);
  const askable = examples.filter(({ method }) => !ELSEWHERE.has(method));

  test.each(askable)("$method", async ({ method, params }) => {
    const task = "task" in params ? await taskFor(method) : "";
    const run = task === "" && /^(run|session|audit)\./.test(method) ? await runFor(method) : "";
    if (method.startsWith("session.") && run !== "") {
      await until(async () => (await home.json(["show", run])).status === "running");
    }
    expectResult(method, await ask(method, inPlace(params, run, task), method === "events.unsubscribe"));
  });
});
