import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createHome, type Home, PROJECT_ROOT } from "../support/home.ts";
import { createRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";

const ROLE = join(PROJECT_ROOT, "test/fixtures/commands/act-as-role.mjs");

interface Step {
  readonly name: string;
  readonly status: string;
  readonly group: number;
  readonly run_id: string | null;
  readonly message: string | null;
}

interface Recorded {
  readonly orchestration: string;
  readonly agents: readonly Step[];
  readonly status: string;
  readonly message: string | null;
  readonly end_time: string | null;
  readonly orchestration_id: string;
  readonly finished_groups: number;
  readonly resumes: string | null;
  readonly context: Readonly<Record<string, unknown>>;
}

/** A configuration that binds programs to roles, each the fixture with arguments. */
function bind(home: Home, programs: Readonly<Record<string, readonly string[]>>, steps: readonly string[][]): void {
  const agents = Object.entries(programs).map(
    ([role, args]) => `[agents.${role}]\ncommand = ${JSON.stringify([process.execPath, ROLE, ...args])}\n`,
  );
  home.writeConfig(`${agents.join("\n")}\n[orchestrations.feature]\nsteps = ${JSON.stringify(steps)}\n`);
}

/** A folder in which roles say that they have begun, and wait for the word to go on. */
function createGate(home: Home) {
  const directory = join(home.dir, "gate");
  mkdirSync(directory);
  return {
    env: { GATE: directory },
    begun: (count: number) =>
      until(() => readdirSync(directory).filter((name) => name.startsWith("begun-")).length === count),
    open: () => writeFileSync(join(directory, "open"), ""),
  };
}

function recordsOf(home: Home): Recorded[] {
  const directory = join(home.stateDir, "orchestrations/feature");
  return readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as Recorded);
}

const show = async (home: Home): Promise<Recorded> =>
  (await home.json(["orchestration", "show", "feature"])) as unknown as Recorded;

const expectSoundLog = async (home: Home): Promise<void> =>
  expect(await home.json(["audit", "verify"])).toMatchObject({ ok: true });

describe("an orchestration", () => {
  test("gives the goal to every role in order, and its record holds the context and each step", async () => {
    await using home = createHome();
    bind(home, { PlannerAgent: [], BuilderAgent: [], DocAgent: ["--answer", '{"doc.paths":["README.md"]}'] }, [
      ["PlannerAgent"],
      ["BuilderAgent"],
      ["DocAgent"],
    ]);
    const goal = "Ship `it` $(touch pwned) \u001b[31m; {role} -- 漢字";
    const ended = await home.json(["orchestration", "run", "feature", "--goal", goal]);
    expect(ended).toMatchObject({ status: "completed", finished_groups: 3, goal });
    const [record] = recordsOf(home);
    expect(record).toEqual(ended);
    expect(record?.agents.map(({ name, status, group }) => [name, status, group])).toEqual([
      ["PlannerAgent", "succeeded", 1],
      ["BuilderAgent", "succeeded", 2],
      ["DocAgent", "succeeded", 3],
    ]);
    const own = (index: number) => `${record?.agents[index]?.name} ${record?.agents[index]?.run_id}`;
    expect(record?.context).toEqual({
      "plan.goal": goal,
      "plan.tasks": [],
      "build.outputs": [own(0), own(1)],
      "review.status": null,
      "review.report": `${own(0)}\n\n${own(1)}`,
      "doc.paths": ["README.md"],
    });
    expect(readdirSync(home.cwd)).toEqual([]);
    await expectSoundLog(home);
  });

  test("loses nothing of what twenty roles of one group write at once", async () => {
    await using home = createHome();
    const roles = Array.from({ length: 20 }, () => "BuilderAgent");
    bind(home, { BuilderAgent: [] }, [roles]);
    const gate = createGate(home);
    const running = home.start(["--json", "orchestration", "run", "feature"], { env: gate.env });
    await gate.begun(20);
    gate.open();
    const { stdout, code } = await running.outcome;
    expect(code).toBe(0);
    const ended = JSON.parse(stdout) as Recorded;
    const expected = ended.agents.map(({ name, run_id }) => `${name} ${run_id}`).sort();
    expect(new Set(expected).size).toBe(20);
    expect([...(ended.context["build.outputs"] as string[])].sort()).toEqual(expected);
    expect(String(ended.context["review.report"]).split("\n\n").sort()).toEqual(expected);
    await expectSoundLog(home);
  });

  test("stops at a failed step, lets the others of its group end, and goes on from that group with --resume", async () => {
    await using home = createHome();
    const steps = [["PlannerAgent"], ["BuilderAgent", "ReviewerAgent"], ["DocAgent"]];
    const good = { PlannerAgent: [], ReviewerAgent: ["--answer", '{"review.status":"approved"}'], DocAgent: [] };
    bind(home, { ...good, BuilderAgent: ["--exit", "3"] }, steps);
    const failed = await home.cli(["orchestration", "run", "feature", "--goal", "g"]);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/status=failed .*BuilderAgent failed: run [0-9a-z]{12} failed with exit code 3/);
    const first = await show(home);
    expect(first).toMatchObject({ status: "failed", finished_groups: 1 });
    expect(first.agents.map(({ name, status }) => `${name} ${status}`).sort()).toEqual([
      "BuilderAgent failed",
      "PlannerAgent succeeded",
      "ReviewerAgent succeeded",
    ]);

    bind(home, { ...good, BuilderAgent: [] }, steps);
    const second = (await home.json(["orchestration", "run", "feature", "--resume"])) as unknown as Recorded;
    expect(second).toMatchObject({ status: "completed", resumes: first.orchestration_id, finished_groups: 3 });
    expect(second.agents.map(({ name }) => name).sort()).toEqual(["BuilderAgent", "DocAgent", "ReviewerAgent"]);
    // What the unfinished group had written is written again, once.
    expect(second.context["build.outputs"]).toHaveLength(3);
    const again = await home.cli(["orchestration", "run", "feature", "--resume"]);
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toContain("its newest run has completed");
  });

  test.each([
    ["no JSON", "{", "is no JSON"],
    ["another shape", '{"plan.goals":"x"}', "plan.goals"],
    ["a value of another kind", '{"review.status":"fine"}', "review.status"],
  ])("says what is wrong with an answer: %s", async (_, answer, said) => {
    await using home = createHome();
    bind(home, { ReviewerAgent: ["--answer", answer] }, [["ReviewerAgent"]]);
    const { code, stderr } = await home.cli(["orchestration", "run", "feature"]);
    expect(code).toBe(1);
    expect(stderr).toContain(said);
  });

  test("leaves a finished record on Ctrl-C, with its runs stopped", async () => {
    await using home = createHome();
    bind(home, { BuilderAgent: [], ReviewerAgent: [], DocAgent: [] }, [
      ["BuilderAgent", "ReviewerAgent"],
      ["DocAgent"],
    ]);
    const gate = createGate(home);
    const running = home.start(["orchestration", "run", "feature"], { env: gate.env });
    await gate.begun(2);
    running.process.kill("SIGINT");
    expect((await running.outcome).code).toBe(130);
    const [record] = recordsOf(home);
    expect(record).toMatchObject({ status: "stopped", finished_groups: 0 });
    expect(record?.end_time).not.toBeNull();
    expect(record?.agents.map(({ status }) => status)).toEqual(["stopped", "stopped"]);
    const { runs } = (await home.json(["runs"])) as { runs: { status: string }[] };
    expect(runs.map(({ status }) => status)).toEqual(["stopped", "stopped"]);
  });

  test("outlives its daemon: the steps at work are followed to their end, and --resume goes on behind them", async () => {
    await using home = createHome();
    bind(home, { BuilderAgent: [], ReviewerAgent: [], DocAgent: [] }, [
      ["BuilderAgent", "ReviewerAgent"],
      ["DocAgent"],
    ]);
    const gate = createGate(home);
    const running = home.start(["orchestration", "run", "feature"], { env: gate.env });
    await gate.begun(2);
    process.kill(Number((await home.json(["daemon", "status"])).pid), "SIGKILL");
    const between = await show(home);
    expect(between).toMatchObject({ status: "running" });
    expect(between.agents.map(({ status }) => status)).toEqual(["running", "running"]);
    const busy = await home.cli(["orchestration", "run", "feature", "--resume"]);
    expect(busy.code).toBe(75);

    gate.open();
    expect((await running.outcome).code).toBe(1);
    const [first] = recordsOf(home);
    expect(first).toMatchObject({ status: "interrupted", finished_groups: 1 });
    expect(first?.agents.map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
    expect(first?.context["build.outputs"]).toHaveLength(2);

    const resumed = (await home.json(["orchestration", "run", "feature", "--resume"])) as unknown as Recorded;
    expect(resumed).toMatchObject({ status: "completed", resumes: first?.orchestration_id });
    expect(resumed.agents.map(({ name }) => name)).toEqual(["DocAgent"]);
    expect(resumed.context["build.outputs"]).toHaveLength(3);
    await expectSoundLog(home);
  });

  test("has its records written again from the registry", async () => {
    await using home = createHome();
    bind(home, { DocAgent: [] }, [["DocAgent"]]);
    await home.json(["orchestration", "run", "feature"]);
    const directory = join(home.stateDir, "orchestrations/feature");
    const name = readdirSync(directory).find((file) => file.endsWith(".json")) ?? "";
    const before = readFileSync(join(directory, name), "utf8");
    writeFileSync(join(directory, name), "spoilt");
    expect((await home.cli(["doctor", "--rewrite-records"])).code).toBe(0);
    expect(readFileSync(join(directory, name), "utf8")).toBe(before);
  });

  test("without a program for a role needs a task, and says so before anything begins", async () => {
    await using home = createHome();
    bind(home, {}, [["PlannerAgent"]]);
    const { code, stderr } = await home.cli(["orchestration", "run", "feature"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--task");
    const misspelt = await home.cli(["orchestration", "run", "featur"]);
    expect(misspelt.stderr).toContain("Did you mean feature?");
  });

  test("of a repository that is not trusted is not run, and says what is missing", async () => {
    await using home = createHome();
    const cwd = createRepository(home, "cloned", {
      ".orchastration/config.toml": '[orchestrations.theirs]\nsteps = [["PlannerAgent"]]\n',
    });
    for (const words of [
      ["orchestration", "run", "theirs"],
      ["orchestration", "show", "theirs"],
    ]) {
      const { code, stderr } = await home.cli(words, { cwd });
      expect([code, stderr]).toEqual([77, expect.stringMatching(/"theirs" is defined by .*not trusted/)]);
    }
    expect((await home.cli(["trust", "--yes"], { cwd })).code).toBe(0);
    expect((await home.cli(["orchestration", "run", "theirs"], { cwd })).code).toBe(2);
  });
});

test("the built-in roles plan, build, review and document a task, each with what those before it found", async () => {
  await using home = createHome();
  const directory = createRepository(home, "project", { "in.txt": "hello\n" });
  home.writeConfig(`
    [tasks.report]
    description = "Make the report"
    repo = "external"
    working_dir = ${JSON.stringify(directory)}
    command = ["cp", "in.txt", "out.txt"]
    inputs = ["in.txt"]
    outputs = ["out.txt"]

    [orchestrations.feature]
    steps = [["PlannerAgent"], ["BuilderAgent"], ["ReviewerAgent"], ["DocAgent"]]
  `);
  const words = ["orchestration", "run", "feature", "--task", "report", "--goal", "Ship it"];
  const ended = (await home.json(words)) as unknown as Recorded;
  expect(ended).toMatchObject({ status: "completed", finished_groups: 4 });
  expect(ended.agents.map(({ name, status, run_id }) => [name, status, run_id !== null])).toEqual([
    ["PlannerAgent", "succeeded", false],
    ["BuilderAgent", "succeeded", true],
    ["ReviewerAgent", "succeeded", false],
    ["DocAgent", "succeeded", false],
  ]);
  const build = ended.agents[1]?.run_id;
  expect(ended.context).toEqual({
    "plan.goal": "Ship it",
    "plan.tasks": ["report"],
    "build.outputs": [join(directory, "out.txt")],
    "review.status": "approved",
    "review.report": expect.stringContaining(`build ${build}: succeeded`),
    "doc.paths": [join(directory, "docs/tasks/report.md"), join(directory, "README.md")],
  });
  expect(readFileSync(join(directory, "out.txt"), "utf8")).toBe("hello\n");
  expect(readFileSync(join(directory, "docs/tasks/report.md"), "utf8")).toContain("Make the report");
  expect(recordsOf(home)).toEqual([ended]);
  await expectSoundLog(home);
});

test("agent list shows the roles with what they can do, and no role among the agents", async () => {
  await using home = createHome();
  bind(home, { BuilderAgent: [] }, [["BuilderAgent"]]);
  const { agents, roles } = (await home.json(["agent", "list"])) as {
    agents: { name: string }[];
    roles: { name: string; argv: string[] | null; capabilities: string[] }[];
  };
  expect(agents.map(({ name }) => name)).not.toContain("BuilderAgent");
  expect(roles.map(({ name, argv }) => [name, argv === null])).toEqual([
    ["PlannerAgent", true],
    ["BuilderAgent", false],
    ["ReviewerAgent", true],
    ["DocAgent", true],
  ]);
  expect((await home.cli(["agent", "list"])).stdout).toContain("doc.generate");
});
