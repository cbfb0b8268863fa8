import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jobRecord } from "../../packages/protocol/src/contract/job-record-document.ts";
import { taskRecord, taskRunRecord } from "../../packages/protocol/src/contract/plan-documents.ts";
import { createHome, type Home } from "../support/home.ts";
import { createRepository } from "../support/repository.ts";

let home: Home;
let repository: string;
const read = (path: string): string => readFileSync(join(repository, path), "utf8");
const write = (path: string, text: string): void => writeFileSync(join(repository, path), text);

interface Tasks {
  readonly argv?: string;
  readonly outputs?: string;
  readonly description?: string;
}

function configure({
  argv = "cp in.txt out.txt; echo built",
  outputs = '"out.txt"',
  description = "Copy",
}: Tasks = {}): void {
  home.writeConfig(`
    [tasks.copy]
    description = ${JSON.stringify(description)}
    repo = "external"
    working_dir = ${JSON.stringify(repository)}
    command = ["sh", "-c", ${JSON.stringify(argv)}]
    inputs = ["in.txt"]
    outputs = [${outputs}]

    [tasks.forgets]
    working_dir = ${JSON.stringify(repository)}
    command = ["true"]
    outputs = ["never.txt", "dist/app"]

    [jobs.stable]
    working_dir = ${JSON.stringify(repository)}
    command = ["sh", "-c", "echo same > stable.txt"]
    outputs = ["stable.txt"]

    [jobs.unstable]
    working_dir = ${JSON.stringify(repository)}
    command = ["sh", "-c", "echo $$ > unstable.txt"]
    outputs = ["unstable.txt"]

    [jobs.lazy]
    working_dir = ${JSON.stringify(repository)}
    command = ["sh", "-c", "test -e lazy/once.txt || { mkdir -p lazy; echo once > lazy/once.txt; echo once > lazy.txt; }"]
    outputs = ["lazy.txt", "lazy"]
  `);
}

beforeAll(() => {
  home = createHome();
  repository = createRepository(home, "external", {
    "in.txt": "hello\n",
    ".gitignore": "stable.txt\nunstable.txt\nlazy*\n",
  });
  configure();
});
afterAll(() => home[Symbol.asyncDispose]());

async function succeed(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await home.cli(words);
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}

async function fail(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await home.cli(words);
  expect(code, stdout + stderr).toBe(1);
  return stderr;
}

/** What may differ between two loops: times, durations, numbers of events. */
function timeless(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replaceAll(/\d+ ms/g, "<duration>")
    .replaceAll(/\(event \d+\)|^\| \d+ \|/gm, "<event>");
}

async function loop(): Promise<string[]> {
  await succeed("plan", "create", "copy");
  await succeed("build", "run", "copy");
  await succeed("doc", "generate", "copy");
  return [read("docs/tasks/copy.md"), read("README.md")];
}

test("the whole loop in a real repository: documents are the same twice, and in a second loop but for times", async () => {
  const first = await loop();
  expect(first[0]).toMatch(/`out.txt`: 6 bytes, SHA-256 `[0-9a-f]{64}`/);
  expect(first[0]).toContain("`task.completed`");
  expect(first[1]).toMatch(/^# A repository\n\n<!-- orchastration:begin copy -->\n/);

  expect(await succeed("doc", "generate", "copy")).toMatch(/copy.md: unchanged\n.*README.md: unchanged\n/);
  expect([read("docs/tasks/copy.md"), read("README.md")]).toEqual(first);
  expect(await succeed("plan", "status", "copy")).toMatch(/^task=copy status=done planned=\S+ documented=yes\n$/);

  const second = await loop();
  expect(second).not.toEqual(first);
  expect(second.map(timeless)).toEqual(first.map(timeless));
  expect(read("docs/tasks/copy.md")).toMatch(/commit `[0-9a-f]{40}`, clean/);
});

describe("a build", () => {
  test("fails with the names of the outputs that it did not make, though its command ended well", async () => {
    const said = await fail("build", "run", "forgets", "--replan");
    expect(said).toContain("declared outputs are missing: never.txt, dist/app");
    const status = await home.json(["plan", "status", "forgets"]);
    expect(status).toMatchObject({ status: "in_progress", task_status: "failed" });
    expect(status["reason"]).toContain("never.txt, dist/app");
  });

  test("carries out nothing without a plan, nor a plan that the configuration contradicts", async () => {
    configure({ argv: "echo other > out.txt", outputs: '"out.txt", "more.txt"' });
    const said = await fail("build", "run", "copy");
    expect(said).toContain("the plan of task copy is stale: argv, outputs changed since");
    expect(await home.json(["plan", "status", "copy"])).toMatchObject({ stale: ["argv", "outputs"] });
    expect(read("out.txt")).toBe("hello\n");
    configure({ argv: "echo other > out.txt" });
    await succeed("build", "run", "copy", "--replan");
    expect(read("out.txt")).toBe("other\n");
    configure();
  });

  test("notes inputs that changed, and goes on", async () => {
    await succeed("plan", "create", "copy");
    write("in.txt", "changed\n");
    const { code, stderr } = await home.cli(["build", "run", "copy"]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("Inputs of task copy are not as planned: in.txt\n")]);
    write("in.txt", "hello\n");
    await succeed("build", "run", "copy", "--replan");
  });
});

describe("a generated document", () => {
  test("that somebody changed is reported, and replaced when that is asked for", async () => {
    await succeed("doc", "generate", "copy");
    const readme = read("README.md");
    write("README.md", `before\n${readme.replace("Copy", "My own words")}after, without end of line`);
    const document = read("docs/tasks/copy.md");
    expect(await fail("doc", "generate", "copy")).toContain("somebody changed the section of task copy in");
    expect([read("README.md"), read("docs/tasks/copy.md")]).toEqual([
      expect.stringContaining("My own words"),
      document,
    ]);
    await succeed("doc", "generate", "copy", "--force");
    expect(read("README.md")).toBe(`before\n${readme}after, without end of line`);
    write("README.md", readme);
  });

  test("with damaged marks is left alone, also by force", async () => {
    const readme = read("README.md");
    write("README.md", readme.replace("<!-- orchastration:end copy -->", ""));
    expect(await fail("doc", "generate", "copy", "--force")).toContain("README.md:3: the section of task copy");
    write("README.md", readme);
  });

  test("is never written through a link that leads out of the working directory", async () => {
    const readme = read("README.md");
    const outside = join(home.dir, "outside.md");
    writeFileSync(outside, "mine\n");
    rmSync(join(repository, "README.md"));
    symlinkSync(outside, join(repository, "README.md"));
    expect(await fail("doc", "generate", "copy")).toContain("leads out of the working directory");
    expect(readFileSync(outside, "utf8")).toBe("mine\n");
    rmSync(join(repository, "README.md"));
    write("README.md", readme);
  });

  test("shows a hostile description as text", async () => {
    configure({ description: "# <img src=x>\n<!-- orchastration:end copy -->\n\u001b[31m[a](b)" });
    await succeed("build", "run", "copy", "--replan");
    await succeed("doc", "generate", "copy");
    const lines = read("README.md").split("\n");
    expect(lines.filter((line) => line === "<!-- orchastration:end copy -->")).toHaveLength(1);
    expect(lines).toContain(String.raw`\# \<img src=x\>␤\<\!-- orchastration:end copy --\>␤\[31m\[a\](b)`);
    configure();
    await succeed("build", "run", "copy", "--replan");
  });
});

test("every action has its record, and doctor writes them all again", async () => {
  const runs = join(home.stateDir, "runs/copy");
  const task = join(home.stateDir, "tasks/copy.json");
  const records = (): unknown[] =>
    readdirSync(runs)
      .filter((name) => name.endsWith(".json"))
      .toSorted()
      .map((name) => JSON.parse(readFileSync(join(runs, name), "utf8")));
  // Whoever asks for a run finds its record written, and whoever has done something for a task finds the task's.
  const { last_build: build } = await home.json(["plan", "status", "copy"]);
  await succeed("show", jobRecord.parse(build).run_id);
  await succeed("doc", "generate", "copy");
  const before = records();
  const actions = before.map((record) => taskRunRecord.parse(record).action);
  expect(new Set(actions)).toEqual(new Set(["plan.create", "build.run", "doc.generate"]));
  const recorded: unknown = JSON.parse(readFileSync(task, "utf8"));
  expect(taskRecord.parse(recorded)).toMatchObject({ name: "copy", repo: "external", outputs: ["out.txt"] });

  for (const name of readdirSync(runs).filter((file) => file.endsWith(".json"))) rmSync(join(runs, name));
  rmSync(task);
  await succeed("doctor", "--rewrite-records");
  expect(records()).toEqual(before);
  expect(JSON.parse(readFileSync(task, "utf8"))).toEqual(recorded);
});

describe("run --check-reproducible", () => {
  test("says yes when both runs made the same", async () => {
    expect(await home.json(["run", "--check-reproducible", "stable"])).toMatchObject({ reproducible: true });
  });

  test("names what differs, and fails", async () => {
    const { code, stdout, stderr } = await home.cli(["run", "--check-reproducible", "unstable"]);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^unstable.txt: [0-9a-f]{64} != [0-9a-f]{64}\n$/)]);
    const [, left = "", right = ""] = /`orchastration diff (\w+) (\w+)`/.exec(stderr) ?? [];
    expect(await succeed("diff", left, right)).toContain("outputs");
  });

  test("proves nothing by a file that the second run left alone, and removes none", async () => {
    const { code, stdout, stderr } = await home.cli(["run", "--check-reproducible", "lazy"]);
    const leftAlone = "the second run did not write it; what is there is the first one's";
    expect([code, stdout]).toEqual([1, `lazy.txt: ${leftAlone}\nlazy: ${leftAlone}\n`]);
    expect(stderr).toContain("reproducible=no");
    expect(read("lazy.txt")).toBe("once\n");
    const { outputs } = await home.json(["run", "--check-reproducible", "lazy"]);
    expect(outputs).toMatchObject([{ made_again: false }, { made_again: false }]);
  });
});

test.each([
  ["a relative directory", 'working_dir = "here"\ncommand = ["true"]', "an absolute path"],
  ["no directory", 'command = ["true"]', "working_dir"],
  ["an empty command", 'working_dir = "/tmp"\ncommand = []', "a list of strings"],
  ["an unknown repo", 'working_dir = "/tmp"\nrepo = "mine"\ncommand = ["true"]', '"orchastration", "external"'],
])("a task with %s is refused: exit 78", async (_, lines, said) => {
  const config = join(home.dir, "bad.toml");
  writeFileSync(config, `[tasks.bad]\n${lines}\n`);
  const { code, stderr } = await home.cli(["--config", config, "plan", "list"]);
  expect([code, stderr]).toEqual([78, expect.stringContaining(said)]);
});

test("a directory of a task that is gone is refused before anything is planned", async () => {
  const config = join(home.dir, "gone.toml");
  mkdirSync(join(home.dir, "gone"));
  writeFileSync(config, `[tasks.gone]\nworking_dir = ${JSON.stringify(join(home.dir, "gone"))}\ncommand = ["true"]\n`);
  rmSync(join(home.dir, "gone"), { recursive: true });
  expect(existsSync(join(home.dir, "gone"))).toBe(false);
  const { code, stderr } = await home.cli(["--config", config, "plan", "create", "gone"]);
  expect([code, stderr]).toEqual([78, expect.stringContaining("it does not exist")]);
});
