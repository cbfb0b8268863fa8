import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { git } from "../support/repository.ts";
import { createTaskHome, SCRIPTED_AGENT, type TaskHome } from "../support/scripted-tasks.ts";
import { until } from "../support/until.ts";

/** Anywhere below the home: whoever runs a title as a command makes it. */
const canaries = (home: TaskHome): string[] =>
  readdirSync(home.dir, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith("pwned"));

const TITLES = [
  '"; touch pwned #',
  "$(touch pwned)",
  "`touch pwned`",
  "%PATH%",
  "--upload-pack=touch pwned",
  "-rf",
  "\u001b]52;c;cHduZWQ=\u0007\u001b[21t\u009b31m\u202Egnp\r hidden",
];

test.each(TITLES)("the title %j stays data everywhere, and nothing of it reaches a terminal", async (title) => {
  await using home = await createTaskHome();
  const name = await home.write(
    "victim",
    ["@write work.txt done", "@commit Work", "@env ORCHASTRATION_TASK_TITLE"],
    `--title=${title}`,
  );
  const said: string[] = [];
  for (const words of [["start"], ["complete", "--stop"], ["reviewed"], ["merge"], ["status"], ["show"]]) {
    if (words[0] === "complete") await until(async () => (await home.run("logs", name)).stdout.includes("TASK_TITLE="));
    const { code, stdout, stderr } = await home.run(...words, name);
    expect(code, stderr).toBe(0);
    said.push(stdout, stderr);
  }
  const { stdout } = await home.run("status");
  expect([...said, stdout].join("")).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
  expect(git(home, home.root, "log", "-1", "--format=%s").trim()).not.toBe("");
  expect(canaries(home)).toEqual([]);
});

const HOSTILE_BRANCH = "main\u202Egnp\u009b31m\u200b";

test("a branch whose name acts on terminals is used as it is, and shown without what acts", async () => {
  await using home = await createTaskHome();
  git(home, home.root, "branch", HOSTILE_BRANCH);
  const name = await home.write("victim", ["@write work.txt done", "@commit Work"], `--base=${HOSTILE_BRANCH}`);
  await home.run("start", name);
  const { worktree, branch } = await home.reaches(name, "running");
  await until(() => git(home, worktree, "log", "-1", "--format=%s").trim() === "Work");
  expect(await home.run("complete", name, "--stop")).toMatchObject({ code: 0 });
  git(home, worktree, "switch", "-q", "-c", `${HOSTILE_BRANCH}2`);
  const said = [await home.run("status"), await home.run("status", name), await home.run("--json", "status", name)];
  expect(said[0]?.stderr).toContain("has maingnp31m2 checked out");
  git(home, worktree, "switch", "-q", String(branch));
  const missing = await home.run("merge", name, "--into", `${HOSTILE_BRANCH}3`);
  const merged = await home.run("merge", name);
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("maingnp31m3") });
  expect(merged).toMatchObject({ code: 0, stderr: expect.stringContaining("is merged into maingnp31m ") });
  for (const { stdout, stderr } of [...said, missing, merged]) {
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/u);
  }
  expect(git(home, home.root, "show", `${HOSTILE_BRANCH}:work.txt`)).toBe("done\n");
});

test("an agent, a git or a shell of the repository is not run, wherever the PATH begins", async () => {
  const program = (name: string) => `#!/bin/sh\ntouch "\${0%/*}/pwned"\nexec /usr/bin/${name} "$@"\n`;
  await using home = await createTaskHome({
    files: { "bin/claude": program("true"), "bin/git": program("git"), "bin/sh": program("true") },
  });
  for (const name of ["claude", "git", "sh"]) chmodSync(join(home.root, "bin", name), 0o755);
  const outside = join(home.dir, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "claude"), `#!/bin/sh\nexec ${process.execPath} ${SCRIPTED_AGENT} "$@"\n`);
  chmodSync(join(outside, "claude"), 0o755);
  const PATH = `./bin:bin:${join(home.root, "bin")}:${outside}:/usr/bin:/bin`;
  const options = { cwd: home.root, env: { PATH } };
  await home.cli(["new", "login", "--agent", "claude"], options);
  const { code, stderr } = await home.cli(["start", "login"], options);
  expect(code, stderr).toBe(0);
  expect((await home.task("login")).status).toBe("running");
  for (const words of [["status"], ["agent", "list"], ["stop", "login"], ["gc", "--dry-run"]])
    await home.cli(words, options);
  expect(canaries(home)).toEqual([]);
});

test("hooks, filters and helpers that the repository brings are not run by what we do", async () => {
  await using home = await createTaskHome({
    files: { ".gitattributes": "*.txt filter=evil diff=evil\n", "a.txt": "a\n" },
  });
  const canary = `touch ${join(home.dir, "pwned")}`;
  const hooks = join(home.root, ".git/hooks");
  mkdirSync(hooks, { recursive: true });
  for (const hook of ["post-checkout", "pre-commit", "reference-transaction", "post-merge", "post-index-change"]) {
    writeFileSync(join(hooks, hook), `#!/bin/sh\n${canary}\n`);
    chmodSync(join(hooks, hook), 0o755);
  }
  for (const [key, value] of [
    ["core.fsmonitor", canary],
    ["filter.evil.smudge", `${canary}; cat`],
    ["diff.external", canary],
  ]) {
    git(home, home.root, "config", key ?? "", value ?? "");
  }
  rmSync(join(home.dir, "pwned"), { force: true });
  const name = await home.write("login");
  expect(await home.run("start", name)).toMatchObject({ code: 0 });
  for (const words of [["status"], ["path", name], ["stop", name], ["gc", "--dry-run"]]) await home.run(...words);
  expect(canaries(home)).toEqual([]);
});

test("a worktree whose .git file an agent replaced is left alone, and its task says so", async () => {
  await using home = await createTaskHome();
  const name = await home.write("login", ["@exit 0"]);
  await home.run("start", name);
  const { worktree } = await home.reaches(name, "stopped");
  rmSync(join(worktree, ".git"));
  git(home, worktree, "init", "-q");
  writeFileSync(join(worktree, ".git/hooks/post-checkout"), `#!/bin/sh\ntouch ${join(home.dir, "pwned")}\n`);
  const { code, stderr } = await home.run("start", name);
  expect(code).toBe(1);
  expect(stderr).toContain("is not what was made there");
  expect((await home.task(name)).status).toBe("stopped");
  expect(existsSync(join(worktree, ".git/HEAD"))).toBe(true);
  expect(readFileSync(join(worktree, "README.md"), "utf8")).toBe("# A repository\n");
  expect(canaries(home)).toEqual([]);
});

test.each(["logs.jsonl", "logs.jsonl.1"])("%s that a repository brings as a link leads nowhere", async (file) => {
  await using home = await createTaskHome();
  const profile = join(home.dir, ".profile");
  writeFileSync(profile, "mine\n");
  rmSync(join(home.root, ".orchastration", file), { force: true });
  symlinkSync(profile, join(home.root, ".orchastration", file));
  const name = await home.write("login");
  await home.run("complete", name);
  await home.run("daemon", "stop");
  expect(readFileSync(profile, "utf8")).toBe("mine\n");
});
