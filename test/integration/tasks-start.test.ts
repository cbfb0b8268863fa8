import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRepository, git } from "../support/repository.ts";
import { createTaskHome, type TaskHome } from "../support/scripted-tasks.ts";
import { until } from "../support/until.ts";

/** What an agent that was started says in its terminal. */
const logsOf = async (home: TaskHome, name: string): Promise<string> => (await home.run("logs", name)).stdout;

describe("start", () => {
  test("makes the worktree, copies declared ignored files, runs the set-up, and starts the agent in it", async () => {
    await using home = await createTaskHome({
      files: { ".gitignore": ".env\nsecret/\n" },
      project:
        '[worktrees]\ninclude = [".env", "secret/*.key"]\nsetup = ["sh", "-c", "cat .env secret/a.key > made-by-setup"]\n',
    });
    writeFileSync(join(home.root, ".env"), "A=1\n");
    mkdirSync(join(home.root, "secret"));
    writeFileSync(join(home.root, "secret/a.key"), "key\n");
    const name = await home.write("login", ["@env ORCHASTRATION_TASK_SLUG", "@env ORCHASTRATION_BRANCH"]);
    const { worktree } = await home.task(name);
    expect(existsSync(worktree)).toBe(false);

    expect(await home.run("start", name)).toMatchObject({ code: 0 });
    expect(await home.task(name)).toMatchObject({ status: "running", session_live: true });
    expect(readFileSync(join(worktree, "made-by-setup"), "utf8")).toBe("A=1\nkey\n");
    expect(git(home, worktree, "branch", "--show-current")).toBe("orchastration/1-login\n");
    await until(async () => (await logsOf(home, name)).includes("ORCHASTRATION_BRANCH=orchastration/1-login"));
    expect(await logsOf(home, name)).toContain("ORCHASTRATION_TASK_SLUG=login");
  });

  test("with a set-up that fails leaves worktree and log, and the next start runs the set-up again", async () => {
    await using home = await createTaskHome({
      project: '[worktrees]\nsetup = ["sh", "-c", "echo setting up; echo x >> tries; test -e ../../../may-pass"]\n',
    });
    const name = await home.write("login");
    const failed = await home.run("start", name);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(
      /could not be started: its set-up failed \(exit code 1\): `orchastration logs (\w+)` shows why/,
    );
    const [, log = ""] = /logs (\w+)/.exec(failed.stderr) ?? [];
    expect((await home.run("logs", log)).stdout).toBe("setting up\n");
    const { worktree } = await home.task(name);
    expect(await home.task(name)).toMatchObject({ status: "failed", session_live: false });
    expect(readFileSync(join(worktree, "tries"), "utf8")).toBe("x\n");

    writeFileSync(join(home.root, "may-pass"), "");
    expect(await home.run("start", name)).toMatchObject({ code: 0 });
    expect(readFileSync(join(worktree, "tries"), "utf8")).toBe("x\nx\n");
    await home.run("stop", name);
    expect(await home.run("start", name)).toMatchObject({ code: 0 });
    expect(readFileSync(join(worktree, "tries"), "utf8")).toBe("x\nx\n");
  });

  test("with a set-up that cannot be run says so", async () => {
    await using home = await createTaskHome({ project: '[worktrees]\nsetup = ["no-such-program"]\n' });
    const name = await home.write("login");
    const { code, stderr } = await home.run("start", name);
    expect(code).toBe(1);
    expect(stderr).toContain("its set-up cannot be run: ");
    expect(stderr).toContain("no-such-program");
    expect((await home.task(name)).status).toBe("failed");
  });

  test("is stopped during its set-up, which is ended with everything it started", async () => {
    await using home = await createTaskHome({
      project: '[worktrees]\nsetup = ["sh", "-c", "touch began; sleep 600"]\n',
    });
    const name = await home.write("login");
    const starting = home.start(["start", name], { cwd: home.root });
    const { worktree } = await home.task(name);
    await until(() => existsSync(join(worktree, "began")));
    expect(await home.run("stop", name)).toMatchObject({ code: 0 });
    const { code, stderr } = await starting.outcome;
    expect(code).toBe(1);
    expect(stderr).toContain("stopped during its set-up");
    expect(await home.task(name)).toMatchObject({ status: "stopped", session_live: false });
    expect(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })).not.toContain(worktree);
  });

  test("is stopped while its worktree is being made: at once, nothing of it is left, and it can be started again", async () => {
    await using home = await createTaskHome({
      files: { ".gitattributes": "*.slow filter=hold\n", "a.slow": "slow\n" },
    });
    const [hold, reached] = [join(home.dir, "hold"), join(home.dir, "reached")];
    // Of the user's own configuration, as that of LFS is.
    const smudge = `touch '${reached}'; while [ -e '${hold}' ]; do sleep 0.02; done; cat`;
    appendFileSync(join(home.dir, ".gitconfig"), `[filter "hold"]\n\tsmudge = ${JSON.stringify(smudge)}\n`);
    writeFileSync(hold, "");
    const name = await home.write("login");
    const starting = home.start(["start", name], { cwd: home.root });
    await until(() => existsSync(reached));
    // As long as that file stands git does not end by itself.
    expect(await home.run("stop", name)).toMatchObject({ code: 0 });
    expect(existsSync(hold)).toBe(true);
    const { code, stderr } = await starting.outcome;
    expect(code).toBe(1);
    expect(stderr).toContain("stopped while its worktree was being made");
    const { worktree, status } = await home.task(name);
    expect(status).toBe("stopped");
    expect(existsSync(worktree)).toBe(false);
    expect(git(home, home.root, "worktree", "list").trim().split("\n")).toHaveLength(1);
    expect(git(home, home.root, "branch", "--list", "orchastration/*")).toBe("");
    expect(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })).not.toContain(hold);

    rmSync(hold);
    expect(await home.run("start", name)).toMatchObject({ code: 0 });
    expect(readFileSync(join(worktree, "a.slow"), "utf8")).toBe("slow\n");
  });

  test("is taken out of the queue by stop, and the task is what it was", async () => {
    await using home = await createTaskHome({ config: "[limits]\nconcurrency = 1" });
    const first = await home.write("first");
    const second = await home.write("second");
    await home.run("complete", second);
    await home.run("start", first);
    expect((await home.run("start", second)).stderr).toContain("is queued");
    expect((await home.task(second)).status).toBe("queued");
    expect(await home.run("stop", second)).toMatchObject({ code: 0 });
    expect((await home.task(second)).status).toBe("completed");
    const { worktree, branch } = await home.task(second);
    expect(existsSync(worktree)).toBe(false);
    expect(git(home, home.root, "branch", "--list", branch ?? "")).toBe("");
  });

  test.each<[string, (home: TaskHome, worktree: string) => void, string]>([
    [
      "a branch of that name",
      (home) =>
        void git(
          home,
          home.root,
          "branch",
          "orchastration/1-login",
          git(home, home.root, "commit-tree", "HEAD^{tree}", "-m", "Mine").trim(),
        ),
      "a branch orchastration/1-login exists already",
    ],
    [
      "a directory of that name",
      (_home, worktree) => void mkdirSync(join(worktree, "mine"), { recursive: true }),
      "exists already and is not of this task",
    ],
  ])("refuses %s that is not its own, and touches nothing", async (_what, obstruct, why) => {
    await using home = await createTaskHome();
    const name = await home.write("login");
    const { worktree } = await home.task(name);
    obstruct(home, worktree);
    const refs = git(home, home.root, "for-each-ref");
    for (const _ of ["once", "again"]) {
      const { code, stderr } = await home.run("start", name);
      expect(code).toBe(1);
      expect(stderr).toContain("could not be started: its worktree could not be made: ");
      expect(stderr).toContain(why);
      expect((await home.task(name)).status).toBe("draft");
    }
    expect(git(home, home.root, "for-each-ref")).toBe(refs);
    expect(git(home, home.root, "worktree", "list", "--porcelain").match(/^worktree /gm)).toHaveLength(1);
    expect(existsSync(join(worktree, "mine"))).toBe(existsSync(worktree));
  });

  test("with an ignored file that cannot be copied undoes the worktree", async () => {
    await using home = await createTaskHome({
      files: { ".gitignore": "secret/\n", secret: "a file on the branch\n" },
      project: '[worktrees]\ninclude = ["secret/*"]\n',
    });
    rmSync(join(home.root, "secret"));
    mkdirSync(join(home.root, "secret"));
    writeFileSync(join(home.root, "secret/key"), "key\n");
    const name = await home.write("login");
    const { code, stderr } = await home.run("start", name);
    expect(stderr).toContain("its ignored files could not be copied: secret/key: ");
    expect(code).toBe(1);
    const { status, worktree } = await home.task(name);
    expect(status).toBe("draft");
    expect(existsSync(worktree)).toBe(false);
    expect(git(home, home.root, "branch", "--list", "orchastration/*")).toBe("");
  });

  test("makes a directory that was removed by hand anew, with its branch's work", async () => {
    await using home = await createTaskHome();
    const name = await home.write("login", ["@write work.txt done", "@commit Work", "@exit 0"]);
    await home.run("start", name);
    const { worktree } = await home.reaches(name, "stopped");
    rmSync(worktree, { recursive: true });
    expect(await home.run("path", name)).toMatchObject({ code: 1 });
    expect(await home.run("start", name)).toMatchObject({ code: 0 });
    await home.reaches(name, "stopped");
    expect(readFileSync(join(worktree, "work.txt"), "utf8")).toBe("done\n");
  });

  test("twice at once makes one worktree and one session", async () => {
    await using home = await createTaskHome();
    const name = await home.write("login");
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => home.run("start", name)));
    expect(outcomes.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0, 0, 0]);
    expect(readdirSync(join(home.root, ".orchastration/worktrees"))).toEqual([name]);
    expect((await home.json(["runs"])).runs).toHaveLength(1);
  });

  test("in a repository without a commit says what to do", async () => {
    await using home = await createTaskHome();
    const empty = join(home.dir, "empty");
    git(home, home.dir, "init", "-q", "-b", "main", empty);
    await home.cli(["init"], { cwd: empty });
    await home.cli(["new", "login", "--agent", "scripted"], { cwd: empty });
    const { code, stderr } = await home.cli(["start", "login"], { cwd: empty });
    expect(code).toBe(1);
    expect(stderr).toContain("has no commit yet");
    expect((await home.task("login", { cwd: empty })).status).toBe("draft");
  });
});

describe("the end of a session", () => {
  test.each([
    ["stop", 0, "stopped", "exit code 0"],
    ["stop", 3, "stopped", "exit code 3"],
    ["complete", 0, "completed", null],
    ["complete", 3, "stopped", "exit code 3"],
  ])("of an agent with on_exit = %s and exit code %d leaves the task %s", async (onExit, code, status, reason) => {
    await using home = await createTaskHome({
      config: `[agents.ends]\ncommand = ["sh", "-c", "exit ${code}"]\nprompt = "none"\non_exit = "${onExit}"`,
    });
    const name = await home.write("login", [], "--agent", "ends");
    expect(await home.run("start", name)).toMatchObject({ code: 0 });
    const task = await home.reaches(name, status);
    if (reason === null) expect(task.reason).toBeNull();
    else expect(task.reason).toContain(reason);
  });

  test.each([
    [0, "completed"],
    [3, "failed"],
  ])("of a configured task with exit code %d makes it %s", async (code, status) => {
    await using home = await createTaskHome();
    home.writeConfig(
      `[tasks.build]\nworking_dir = ${JSON.stringify(home.root)}\ncommand = ["sh", "-c", "exit ${code}"]`,
    );
    await home.run("start", "build");
    await home.reaches("build", status);
  });

  test("leaves the word that was said before as it is", async () => {
    await using home = await createTaskHome();
    const name = await home.write("login");
    await home.run("start", name);
    await home.run("complete", name);
    expect(await home.task(name)).toMatchObject({ status: "completed", session_live: true });
    await home.run("stop", name);
    expect(await home.task(name)).toMatchObject({ status: "completed", session_live: false });
  });

  test("by SIGKILL of its supervisor makes the task stopped", async () => {
    await using home = await createTaskHome();
    const name = await home.write("login");
    await home.run("start", name);
    await home.run("daemon", "stop");
    await home.killAll();
    expect(await home.reaches(name, "stopped")).toMatchObject({ session_live: false });
    expect((await home.task(name)).reason).toContain("its exit code is unknown");
  });
});

describe("two repositories", () => {
  test("with the same numbers and slugs never meet", async () => {
    await using home = await createTaskHome();
    const other = createRepository(home, "other", {});
    await home.cli(["init"], { cwd: other });
    const inOther = { cwd: other };
    const name = await home.write("login", ["@say here"]);
    expect((await home.json(["new", "login", "--agent", "scripted", "--message", "@say there"], inOther)).name).toBe(
      name,
    );
    await home.run("start", name);
    expect((await home.task(name, inOther)).status).toBe("draft");
    await home.cli(["start", name], inOther);
    expect((await home.task(name)).worktree).not.toBe((await home.task(name, inOther)).worktree);
    await until(async () => (await logsOf(home, name)).includes("@say here"));
    await until(async () => (await home.cli(["logs", name], inOther)).stdout.includes("@say there"));
    await home.cli(["complete", name, "--stop"], inOther);
    expect((await home.task(name)).status).toBe("running");
    expect((await home.task(name, inOther)).status).toBe("completed");
  });
});
