import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createHome, type Home, PROJECT_ROOT } from "../support/home.ts";
import { createRepository } from "../support/repository.ts";
import { configureAgents, createTaskRepository } from "../support/task-repository.ts";
import { until } from "../support/until.ts";

interface Finding {
  readonly check: string;
  readonly status: string;
  readonly message: string;
}

async function findings(home: Home, ...args: string[]): Promise<readonly Finding[]> {
  return (await home.json(["doctor", ...args]))["findings"] as readonly Finding[];
}

const statusOf = (found: readonly Finding[], check: string): string | undefined =>
  found.find((finding) => finding.check === check)?.status;

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe("doctor", () => {
  test("finds nothing wrong with what nobody touched, and names the programs it needs", async () => {
    await using home = createHome();
    await home.cli(["run", "--", "true"]);
    const { code, stdout } = await home.cli(["doctor"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^ok +installation: orchastration /)]);
    for (const check of ["permissions", "event chain", "signed heads", "supervisors", "git"]) {
      expect(stdout).toMatch(new RegExp(`^ok +${check}: `, "m"));
    }
  });

  test("repairs permissions and records, says so, and leaves nothing to repair", async () => {
    await using home = createHome();
    const { run_id: run } = await home.json(["run", "--", "true"]);
    const registry = join(home.stateDir, "registry.db");
    chmodSync(registry, 0o644);
    const record = `${String((await home.json(["show", String(run)]))["stdout_path"]).replace(/\.stdout\.log$/, "")}.json`;
    rmSync(record);
    const before = await findings(home);
    expect([statusOf(before, "permissions"), statusOf(before, "records")]).toEqual(["error", "error"]);

    const { repaired, findings: after } = await home.json(["doctor", "--repair"]);
    expect(repaired).toEqual([`${registry} is open to nobody else any more`, "1 records were written again"]);
    expect((after as readonly Finding[]).filter(({ status }) => status === "error")).toEqual([]);
    expect([modeOf(registry), existsSync(record)]).toEqual([0o600, true]);
    expect((await home.json(["doctor", "--repair"]))["repaired"]).toEqual([]);
  });

  test("finds a signed head that does not fit the log", async () => {
    await using home = createHome();
    await home.cli(["run", "--", "true"]);
    await home.cli(["daemon", "stop"]);
    writeFileSync(join(home.stateDir, "audit/heads/3-0000000000000000.json"), "{}\n", { mode: 0o600 });
    expect(statusOf(await findings(home), "signed heads")).toBe("error");
  });

  test("checks what it can when no daemon can start, and changes nothing there", async () => {
    await using home = createHome();
    await home.cli(["run", "--", "true"]);
    await home.cli(["daemon", "stop"]);
    const registry = join(home.stateDir, "registry.db");
    for (const companion of ["-wal", "-shm"]) rmSync(`${registry}${companion}`, { force: true });
    truncateSync(registry, 0);
    const { code, stdout } = await home.cli(["doctor", "--repair"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^error +daemon: /m);
    expect(stdout).toMatch(/^error +registry: .* is empty/m);
    expect(statSync(registry).size).toBe(0);
  });

  test("repairs a state directory that others may write to, which keeps the daemon from starting", async () => {
    await using home = createHome();
    await home.cli(["run", "--", "true"]);
    await home.cli(["daemon", "stop"]);
    chmodSync(home.stateDir, 0o777);
    expect((await home.json(["doctor", "--repair"]))["repaired"]).toEqual([
      `${home.stateDir} is open to nobody else any more`,
    ]);
    expect(modeOf(home.stateDir)).toBe(0o700);
  });

  test("finds the torn index of a terminal's recording, and repairs it without touching the output", async () => {
    await using home = createHome();
    const { run_id: run } = await home.json(["run", "--tty", "--", "echo", "hello"]);
    const journal = join(home.stateDir, "sessions", String(run));
    const [index, digest] = [join(journal, "output.idx"), join(journal, "output.0.sha256")];
    const before = { index: readFileSync(index), digest: readFileSync(digest, "utf8") };
    expect(statusOf(await findings(home), "journals")).toBe("ok");
    appendFileSync(index, "torn");
    rmSync(digest);
    const found = (await findings(home)).find(({ check }) => check === "journals");
    expect(found).toMatchObject({ status: "warning", message: expect.stringContaining(String(run)) });
    const { repaired, findings: after } = await home.json(["doctor", "--repair"]);
    expect(repaired).toEqual([expect.stringMatching(/the index and the digests of .* fit its output again/)]);
    expect(statusOf(after as readonly Finding[], "journals")).toBe("ok");
    expect({ index: readFileSync(index), digest: readFileSync(digest, "utf8") }).toEqual(before);
  });

  test("finds that the index of a recording is gone, and makes one from the output, which stays as it is", async () => {
    await using home = createHome();
    const { run_id: run } = await home.json(["run", "--tty", "--", "echo", "hello"]);
    const journal = join(home.stateDir, "sessions", String(run));
    rmSync(join(journal, "output.idx"));
    const found = (await findings(home)).find(({ check }) => check === "journals");
    expect(found).toMatchObject({ status: "warning", message: expect.stringMatching(`^gone, .* ${String(run)}`) });
    const { repaired, findings: after } = await home.json(["doctor", "--repair"]);
    expect(repaired).toEqual([expect.stringContaining("has an index again, made from its output")]);
    expect(statusOf(after as readonly Finding[], "journals")).toBe("ok");
    expect(readFileSync(join(journal, "output.0.raw"), "utf8")).toBe("hello\r\n");
    const { stdout } = await home.cli(["export", String(run), "--asciicast"]);
    const [head, ...events] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(head).toMatchObject({ version: 2 });
    expect(events).toEqual([[expect.any(Number), "o", "hello\r\n"]]);
    expect(await home.cli(["audit", "verify"])).toMatchObject({ code: 0 });
  });

  test("says which recording cannot be read, and checks and repairs the rest", async () => {
    await using home = createHome();
    const [{ run_id: run }, { run_id: other }] = [
      await home.json(["run", "--tty", "--", "echo", "hello"]),
      await home.json(["run", "--tty", "--", "echo", "hello"]),
    ];
    const digestOf = (id: unknown): string => join(home.stateDir, "sessions", String(id), "output.0.sha256");
    for (const id of [run, other]) rmSync(digestOf(id));
    mkdirSync(digestOf(run));
    const { repaired, findings: found } = await home.json(["doctor", "--repair"]);
    expect(repaired).toHaveLength(1);
    expect(existsSync(digestOf(other))).toBe(true);
    expect((found as readonly Finding[]).find(({ check }) => check === "journals")).toMatchObject({
      status: "error",
      message: expect.stringContaining(`${String(run)} (EISDIR`),
    });
    expect(statusOf(found as readonly Finding[], "supervisors")).toBe("ok");
  });

  test.runIf(process.platform === "linux")(
    "names the processes that have outlived their run, and ends none",
    async () => {
      await using home = createHome();
      expect(statusOf(await findings(home), "processes")).toBe("ok");
      const script = join(PROJECT_ROOT, "test/fixtures/commands/leave-behind-silent.sh");
      const { run_id: run } = await home.json(["run", "--", "sh", script]);
      const { message, status } = (await findings(home, "--repair")).find(({ check }) => check === "processes") ?? {};
      expect({ message, status }).toMatchObject({
        status: "warning",
        message: expect.stringContaining(`of run ${String(run)}`),
      });
      const pid = Number(/pid (\d+) of/.exec(message ?? "")?.[1]);
      expect(home.processes()).toContain(pid);
    },
  );

  test("names the worktrees and branches of no task, and removes none", async () => {
    await using home = createHome();
    configureAgents(home);
    const repository = await createTaskRepository(home, "repository");
    await repository.complete("work");
    expect(statusOf(await findings(home), "worktrees")).toBe("ok");
    const stray = join(repository.root, ".orchastration/worktrees/9-stray");
    repository.git("worktree", "add", "-q", "-b", "orchastration/9-stray", stray);
    const before = repository.everything();
    const found = (await findings(home, "--repair")).find(({ check }) => check === "worktrees");
    expect(found).toMatchObject({
      status: "warning",
      message: `left over, of no task in ${repository.root}: ${stray}, branch orchastration/9-stray`,
    });
    expect(repository.everything()).toEqual(before);
  });

  test.each([
    ["git", "git version 2.37.9", "warning"],
    ["git", "git version 2.38.0", "ok"],
    ["gh", "gh version 1.14.0 (2021-08-04)", "warning"],
    ["gh", "gh version 2.4.0+dfsg1 (2022-03-23)", "ok"],
  ])("says of %s whether it can do what is needed: %s", async (program, version, status) => {
    await using home = createHome();
    const folder = join(home.dir, "programs");
    mkdirSync(folder);
    writeFileSync(join(folder, program), `#!/bin/sh\necho "${version}"\n`, { mode: 0o755 });
    await home.cli(["daemon", "start"], { env: { PATH: `${folder}:${home.env.PATH ?? ""}` } });
    const found = (await findings(home)).find(({ check }) => check === program);
    expect(found).toMatchObject({ status, message: expect.stringContaining(version) });
  });

  test.each(["with", "without"])("writes a report %s a daemon that has no secrets in it", async (which) => {
    await using home = createHome();
    const canary = "CANARY-7c1f";
    home.writeConfig(`[jobs.leak]\ncommand = ["echo", "${canary}-argv"]\nenv = { TOKEN = "${canary}-config" }\n`);
    await home.cli(["run", "leak"], { env: { SECRET: `${canary}-environment` } });
    await home.cli(["run", "--", "sh", "-c", "echo $SECRET"], { env: { SECRET: `${canary}-output` } });
    const root = createRepository(home, "project", { ".env": `TOKEN=${canary}-dotenv\n` });
    await home.cli(["init"], { cwd: root });
    const told = ["--title", `${canary}-title`, "--message", `${canary}-prompt`, "--agent", "shell"];
    expect((await home.cli(["new", "secret", ...told], { cwd: root })).code).toBe(0);
    if (which === "without") {
      await home.cli(["daemon", "stop"]);
      truncateSync(join(home.stateDir, "registry.db"), 0);
      home.writeConfig(`[logging]\nlevel = "${canary}-mistake"\n`);
    }
    await home.cli(["doctor", "--bundle", "report.json"], { env: { SECRET: `${canary}-caller` } });
    const file = join(home.cwd, "report.json");
    const report = readFileSync(file, "utf8");
    expect(report).not.toContain(canary);
    expect(JSON.parse(report)).toMatchObject({
      version: expect.any(String),
      daemon: which === "with" ? { running: true } : null,
    });
    expect(modeOf(file)).toBe(0o600);
  });
});

test("no list of tasks, agents, runs or sessions, no event and no log has a secret of the environment or the configuration", async () => {
  await using home = createHome();
  const canary = "CANARY-91be";
  configureAgents(home, `[jobs.leak]\ncommand = ["true"]\nenv = { TOKEN = "${canary}-config" }\n`);
  const repository = await createTaskRepository(home, "repository", { ".gitignore": ".env\n" });
  writeFileSync(join(repository.root, ".env"), `TOKEN=${canary}-dotenv\n`);
  const env = { SECRET: `${canary}-environment` };
  const at = { cwd: repository.root, env };
  expect((await home.cli(["run", "leak"], at)).code).toBe(0);
  expect((await home.cli(["new", "work", "--agent", "waiting", "--start"], at)).code).toBe(0);
  expect((await home.cli(["exec", "work", "--", "true"], at)).code).toBe(0);
  const lists = [
    ["status"],
    ["status", "work"],
    ["list"],
    ["runs"],
    ["runs", "--stats"],
    ["show", "leak"],
    ["session", "list"],
    ["agent", "list"],
    ["plan", "list"],
    ["orchestration", "list"],
    ["gc", "--dry-run"],
    ["audit", "show"],
    ["audit", "show", "--task", "work"],
    ["daemon", "logs"],
  ];
  for (const list of lists) {
    const [people, scripts] = [await home.cli(list, at), await home.cli(["--json", ...list], at)];
    expect(people.code, `${list.join(" ")}: ${people.stderr}`).toBe(0);
    expect(`${people.stdout}${people.stderr}${scripts.stdout}${scripts.stderr}`, list.join(" ")).not.toContain(canary);
  }
  const events = join(repository.root, ".orchastration/logs.jsonl");
  await until(() => existsSync(events));
  expect(readFileSync(events, "utf8")).not.toContain(canary);
});
