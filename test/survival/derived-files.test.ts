import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isTemporaryName } from "../../packages/protocol/src/node/atomic-file.ts";
import { createHome, type Home, PROJECT_ROOT } from "../support/home.ts";
import { configureAgents, createTaskRepository, type TaskRepository } from "../support/task-repository.ts";
import { until } from "../support/until.ts";
import { DERIVED_POINTS, type DerivedPoint } from "./derived-point.ts";
import { expectSound } from "./faulty-daemon.ts";
import { createTroublemaker, type Troublemaker } from "./troubled-daemon.ts";

const isWhole = process.env.ORCHASTRATION_SURVIVAL !== undefined;
/** The quick ones: where what is new takes the place of what was. */
const chosen = DERIVED_POINTS.filter(({ call }) => isWhole || call === "rename");
const named = chosen.map((point) => [`${point.what}: ${point.point}`, point] as const);

const ROLE = join(PROJECT_ROOT, "test/fixtures/commands/act-as-role.mjs");

interface Scene extends AsyncDisposable {
  readonly home: Home;
  readonly repository: TaskRepository;
  readonly trouble: Troublemaker;
  /** Its pid. */
  readonly daemon: number;
}

/** With a task that somebody has completed, and a daemon that can be troubled. */
async function createScene(): Promise<Scene> {
  const home = createHome();
  configureAgents(
    home,
    `[agents.PlannerAgent]
     command = ${JSON.stringify([process.execPath, ROLE])}
     [orchestrations.feature]
     steps = [["PlannerAgent"]]
     [tasks.copy]
     working_dir = ${JSON.stringify(home.cwd)}
     command = ["true"]`,
  );
  const repository = await createTaskRepository(home, "repository");
  await repository.complete("work");
  await home.cli(["daemon", "stop"]);
  const trouble = createTroublemaker(home);
  const daemon = await trouble.startDaemon();
  return { home, repository, trouble, daemon, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

/** Has something written of that kind. Whether the command ends well is another matter: its daemon may be killed. */
async function bringAbout({ home, repository }: Scene, what: DerivedPoint["what"]): Promise<void> {
  switch (what) {
    case "record of a task":
    case "record of an action":
      await home.cli(["plan", "create", "copy"]);
      return;
    case "record of an orchestration":
      await home.cli(["orchestration", "run", "feature"]);
      return;
    case "file of a task":
    case "signed head":
      await repository.cli("fail", "work", "--reason", "no time");
  }
}

/** Resolves when the registry has what leads to it, and the file says so. */
async function untilWritten(scene: Scene, what: DerivedPoint["what"]): Promise<void> {
  const { home, repository } = scene;
  const state = (...names: readonly string[]): string => join(home.stateDir, ...names);
  switch (what) {
    case "record of a task":
      return until(() => jsonIn(state("tasks/copy.json"))["status"] === "planned");
    case "record of an action":
      return until(() => recordsIn(state("runs/copy")).some(({ action }) => action === "plan.create"));
    case "record of an orchestration": {
      const ended = new Set(["completed", "interrupted", "failed"]);
      return until(async () => {
        const shown = await home.json(["orchestration", "show", "feature"]);
        const [record] = recordsIn(state("orchestrations/feature"));
        return ended.has(String(shown["status"])) && record?.["event_seq"] === shown["event_seq"];
      });
    }
    case "file of a task":
      return until(() =>
        readFileSync(join(repository.root, ".orchastration/tasks/1-work.md"), "utf8").includes("status: failed"),
      );
    case "signed head":
      return until(async () => {
        const { stdout } = await home.cli(["audit", "show", "--json", "--since", "0"]);
        const events = stdout.trimEnd().split("\n");
        const lines = events.map((line) => JSON.parse(line) as { readonly seq: number; readonly entry: string });
        const failed = lines.find(({ entry }) => entry.includes('"task.failed"'));
        return failed !== undefined && newestHead(home) >= failed.seq;
      });
  }
}

const newestHead = (home: Home): number => {
  const folder = join(home.stateDir, "audit/heads");
  return Math.max(0, ...(existsSync(folder) ? readdirSync(folder) : []).map((name) => Number.parseInt(name, 10) || 0));
};

const jsonIn = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;

const recordsIn = (folder: string): Record<string, unknown>[] =>
  readdirSync(folder)
    .filter((name) => /^2.*\.json$/.test(name))
    .map((name) => jsonIn(join(folder, name)));

/** Nothing half done is left, and every record is as it would be written again. */
async function expectWhole({ home, repository }: Scene): Promise<void> {
  await until(() => temporariesIn(home.stateDir, repository.root).length === 0);
  await expectSound(home);
  const before = recordFiles(home);
  expect((await home.cli(["doctor", "--rewrite-records"])).code).toBe(0);
  expect(recordFiles(home)).toEqual(before);
}

const namesBelow = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: "utf8" });

const temporariesIn = (...folders: readonly string[]): string[] =>
  folders.flatMap(namesBelow).filter((path) => isTemporaryName(path.replace(/^.*\//, "")));

function recordFiles({ stateDir }: Home): Record<string, string> {
  const paths = namesBelow(stateDir).filter((path) => /^(repos|runs|tasks|orchestrations)\/.*\.json$/.test(path));
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(stateDir, path), "utf8")]));
}

/** What doctor and daemon status say that waits. */
async function waits(home: Home): Promise<{ readonly doctor: string; readonly status: string }> {
  const { findings } = (await home.json(["doctor"])) as { findings: { check: string; message: string }[] };
  const { warnings } = (await home.json(["daemon", "status"])) as { warnings: string[] };
  return { doctor: findings.find(({ check }) => check === "writing")?.message ?? "", status: warnings.join("; ") };
}

describe("SIGKILL of the daemon while it writes", () => {
  test.each(named)("%s", async (_name, { what, role, call, path }) => {
    await using scene = await createScene();
    const { home, trouble } = scene;
    trouble.arm({ role, call, path, action: "SIGKILL" });
    await bringAbout(scene, what);
    await until(() => trouble.isSprung);
    // The next daemon, if the client has not brought it back.
    await home.cli(["daemon", "start"]);
    await untilWritten(scene, what);
    await expectWhole(scene);
  });
});

describe("an error of the daemon's write is said, and what waits is written when it is mended", () => {
  test.each(named)("%s", async (_name, { what, role, call, path }) => {
    await using scene = await createScene();
    const { home, trouble, daemon } = scene;
    trouble.arm({ role, call, path, action: "EIO" });
    await bringAbout(scene, what);
    const said = { doctor: expect.stringContaining(`EIO: ${call}`), status: expect.stringContaining(`EIO: ${call}`) };
    // A task's file that is in its place is found to be so by the next attempt, and waits no longer than that.
    const isBrief = what === "file of a task" && path.endsWith("tasks$");
    if (!isBrief) await expect.poll(() => waits(home), { timeout: 60_000 }).toEqual(said);
    trouble.disarm();
    await untilWritten(scene, what);
    await expectWhole(scene);
    expect(await waits(home)).toEqual({ doctor: "nothing waits to be written", status: "" });
    expect((await home.json(["daemon", "status"]))["pid"]).toBe(daemon);
  });

  test("a head that cannot be signed when the daemon stops is signed by the next", async () => {
    await using home = createHome();
    const trouble = createTroublemaker(home);
    await trouble.startDaemon();
    await home.cli(["run", "--", "true"]);
    trouble.arm({ role: "daemon", call: "rename", path: "/audit/heads/", action: "EIO" });
    const headSeq = Number((await home.json(["daemon", "status"]))["head_seq"]);
    await home.cli(["daemon", "stop"]);
    await until(() => home.daemons().length === 0);
    expect(newestHead(home)).toBe(0);
    expect(readFileSync(join(home.dir, ".cache/orchastration/orchastration.log"), "utf8")).toContain("head.unsigned");
    trouble.disarm();
    await home.cli(["daemon", "start"]);
    await until(() => newestHead(home) >= headSeq);
    await expectSound(home);
  });
});
