import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HAS_GH, ISSUE, startFakeGitHub } from "../support/fake-github.ts";
import { createHome, type Home } from "../support/home.ts";
import { git } from "../support/repository.ts";

const HOSTILE = "# Fix `it`; $(touch pwned) \"'%PATH% --label=x\u001b[31m\n```\n<b>bold</b> @everyone";

/** A repository with a commit, and tasks that work in it. */
function createProject(home: Home, description = "Make the report"): string {
  const directory = join(home.dir, "project");
  mkdirSync(directory);
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", directory]);
  git(home, directory, "config", "user.name", "Ada");
  git(home, directory, "config", "user.email", "ada@example.org");
  git(home, directory, "commit", "--quiet", "--allow-empty", "--message", "Begin");
  git(home, directory, "remote", "add", "origin", "https://github.com/ada/project.git");
  const task = (name: string, repo: string) =>
    `[tasks.${JSON.stringify(name)}]\ndescription = ${JSON.stringify(description)}\nrepo = "${repo}"\nworking_dir = ${JSON.stringify(directory)}\ncommand = ["true"]\n`;
  home.writeConfig(
    [task("report", "orchastration"), task("outside", "external"), task("a$(x) `b`", "external")].join("\n"),
  );
  return directory;
}

interface TaskRun {
  readonly action: string;
  readonly status: string;
  readonly message: string;
}

function recordsOf(home: Home, task: string): TaskRun[] {
  const directory = join(home.stateDir, "runs", task);
  return readdirSync(directory)
    .sort()
    .filter((name) => name.endsWith(".json") && name !== "last.json")
    .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as TaskRun);
}

describe("git branch create", () => {
  test("makes a branch where the work is, checks nothing out, and never moves one that exists", async () => {
    await using home = createHome();
    const directory = createProject(home);
    const head = git(home, directory, "rev-parse", "HEAD").trim();
    expect(await home.json(["git", "branch", "create", "report"])).toEqual({
      task: "report",
      branch: "task/report",
      commit: head,
      repository: directory,
    });
    expect((await home.cli(["git", "branch", "create", "outside"])).stdout).toBe("task/external-outside\n");
    git(home, directory, "commit", "--quiet", "--allow-empty", "--message", "Go on");
    const again = await home.cli(["git", "branch", "create", "report"]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain(`task/report exists already, at ${head.slice(0, 8)}`);
    expect(git(home, directory, "rev-parse", "task/report").trim()).toBe(head);
    expect(git(home, directory, "branch", "--show-current").trim()).toBe("main");
    expect(recordsOf(home, "report")).toMatchObject([
      { action: "git.branch.create", status: "succeeded" },
      { action: "git.branch.create", status: "failed" },
    ]);
  });

  test("makes one safe component of a name full of what shells and git read", async () => {
    await using home = createHome();
    const directory = createProject(home);
    const { stdout, stderr } = await home.cli(["git", "branch", "create", "a$(x) `b`"]);
    expect(stdout, stderr).toBe("task/external-a-x-b\n");
    expect(git(home, directory, "branch", "--list", "task/*")).toContain("task/external-a-x-b");
  });

  test("says why there can be none: no repository, no commit", async () => {
    await using home = createHome();
    const plain = join(home.dir, "plain");
    mkdirSync(plain);
    home.writeConfig(`[tasks.lonely]\nworking_dir = ${JSON.stringify(plain)}\ncommand = ["true"]\n`);
    expect((await home.cli(["git", "branch", "create", "lonely"])).stderr).toContain("no git repository");
    execFileSync("git", ["init", "--quiet", plain]);
    expect((await home.cli(["git", "branch", "create", "lonely"])).stderr).toContain("no commit yet");
  });
});

describe.skipIf(!HAS_GH)("git issue create (needs gh)", () => {
  test("has the real gh make the issue, with title and body as data, and records its address once", async () => {
    await using home = createHome();
    const directory = createProject(home, HOSTILE);
    await using github = await startFakeGitHub(home.dir, "answer");
    const created = await home.cli(["git", "issue", "create", "report"], { env: github.env });
    expect(created.stderr).toBe("");
    expect(created.stdout).toBe(`${ISSUE}\n`);
    const [issue] = github.issues;
    expect(issue?.title).toBe("# Fix `it`; $(touch pwned) \"'%PATH% --label=x[31m");
    expect(issue?.body).toContain("<b>bold</b> @everyone");
    expect(issue?.body.startsWith("````text\n")).toBe(true);
    expect(readdirSync(directory)).toEqual([".git"]);
    const again = await home.cli(["git", "issue", "create", "report"], { env: github.env });
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toContain(ISSUE);
    await home.json(["git", "issue", "create", "report", "--again"], { env: github.env });
    expect(github.issues).toHaveLength(2);
    expect(recordsOf(home, "report")).toMatchObject([
      { action: "git.issue.create", status: "succeeded", message: `issue ${ISSUE}` },
      { action: "git.issue.create", status: "succeeded" },
    ]);
  });

  test("says what gh said when it fails, without its control characters", async () => {
    await using home = createHome();
    createProject(home);
    await using github = await startFakeGitHub(home.dir, "fail");
    const { code, stderr } = await home.cli(["git", "issue", "create", "report"], { env: github.env });
    expect(code).toBe(1);
    expect(stderr).toContain("issues are closed");
    expect(stderr).not.toContain("\u001b");
    expect(recordsOf(home, "report")).toMatchObject([{ action: "git.issue.create", status: "failed" }]);
  });

  test("gives up a gh that hangs, and leaves no process behind", async () => {
    await using home = createHome();
    createProject(home);
    await using github = await startFakeGitHub(home.dir, "hang");
    const hanging = home.start(["git", "issue", "create", "report", "--timeout", "2"], { env: github.env });
    await Promise.race([github.heldUp, hanging.outcome]);
    const { code, stderr } = await hanging.outcome;
    expect(code).toBe(124);
    expect(stderr).toContain("no answer within 2 s");
  });

  test("says how to log in when gh is not", async () => {
    await using home = createHome();
    createProject(home);
    const { code, stderr } = await home.cli(["git", "issue", "create", "report"], {
      env: { GH_CONFIG_DIR: join(home.dir, "nothing"), GH_TOKEN: undefined, GITHUB_TOKEN: undefined },
    });
    expect(code).toBe(1);
    expect(stderr).toContain("gh auth login");
  });
});

test.skipIf(!HAS_GH)("git issue create tells of a task that is a file what the file says (needs gh)", async () => {
  await using home = createHome();
  const directory = createProject(home);
  await using github = await startFakeGitHub(home.dir, "answer");
  const cwd = { cwd: directory };
  expect((await home.cli(["init"], cwd)).code).toBe(0);
  const file = join(directory, ".orchastration/tasks/1-login.md");
  writeFileSync(file, "---\ntitle: Fix the login\n---\n\nIt fails on Mondays.\n");
  const { code, stderr } = await home.cli(["git", "issue", "create", "login"], { ...cwd, env: github.env });
  expect(code, stderr).toBe(0);
  expect(github.issues).toEqual([
    {
      title: "Fix the login",
      body: "```text\nFix the login\n\nIt fails on Mondays.\n\nTask: 1-login\n```\n",
    },
  ]);
});

test("git issue create without gh says so, and runs none that lies in the repository", async () => {
  await using home = createHome();
  const directory = createProject(home);
  const trap = join(directory, "bin");
  mkdirSync(trap);
  writeFileSync(join(trap, "gh"), `#!/bin/sh\ntouch ${home.dir}/pwned\n`);
  chmodSync(join(trap, "gh"), 0o755);
  // It has the git that the daemon finds, and the gh that the caller has.
  await home.cli(["daemon", "start"]);
  const { code, stderr } = await home.cli(["git", "issue", "create", "report"], { env: { PATH: `${trap}:bin` } });
  expect(code).toBe(1);
  expect(stderr).toContain("https://cli.github.com");
  expect(readdirSync(home.dir)).not.toContain("pwned");
});
