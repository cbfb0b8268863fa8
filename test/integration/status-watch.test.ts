import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { git } from "../support/repository.ts";
import { createTaskHome, type TaskHome } from "../support/scripted-tasks.ts";
import { until } from "../support/until.ts";

interface Status {
  readonly tasks: readonly { readonly name: string; readonly status: string; readonly title: string }[];
  readonly problems: readonly { readonly file: string; readonly message: string }[];
}

/** `status --watch --json`, to be ended with the test. */
function watchStatus(home: TaskHome) {
  const { process: child, outcome } = home.start(["status", "--watch", "--json"], { cwd: home.root });
  let text = "";
  child.stdout?.on("data", (bytes: Buffer) => {
    text += bytes.toString();
  });
  const all = (): Status[] => {
    const lines = text.split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Status);
  };
  return {
    all,
    /** Resolves when it has printed this last. */
    shows: (isShown: (status: Status) => boolean) =>
      until(() => {
        const last = all().at(-1);
        return last !== undefined && isShown(last);
      }),
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      await outcome;
    },
  };
}

const says =
  (message: string) =>
  ({ problems }: Status): boolean =>
    problems.some((problem) => problem.message.includes(message));
const isFine = ({ problems }: Status): boolean => problems.length === 0;

/** Another daemon, whose git notes down how it is called. Answers the notes; git has been asked for its version. */
async function withLoggedGit(home: TaskHome): Promise<() => string> {
  const [folder, log] = [join(home.dir, "bin"), join(home.dir, "git-calls")];
  const real = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
  mkdirSync(folder);
  writeFileSync(join(folder, "git"), `#!/bin/sh\necho "$@" >> '${log}'\nexec '${real}' "$@"\n`);
  chmodSync(join(folder, "git"), 0o755);
  await home.run("daemon", "stop");
  const env = { PATH: `${folder}:${home.env["PATH"] ?? ""}` };
  await home.cli(["daemon", "start"], { env });
  await home.run("doctor");
  return () => readFileSync(log, "utf8");
}

test("what is done to task files by hand shows without any other change: made, changed, broken, mended, deleted", async () => {
  await using home = await createTaskHome();
  await home.write("login");
  await using status = watchStatus(home);
  await status.shows(({ tasks }) => tasks.length === 1);

  const folder = join(home.root, ".orchastration/tasks");
  const [own, other] = [join(folder, "1-login.md"), join(folder, "2-other.md")];
  const text = readFileSync(own, "utf8");
  writeFileSync(other, text.replace(/^title: .*$/m, "title: Something else"));
  await status.shows(({ tasks }) => tasks.some(({ name, title }) => name === "2-other" && title === "Something else"));
  // As most editors do it.
  writeFileSync(`${other}.new`, text.replace(/^title: .*$/m, "title: Renamed"));
  renameSync(`${other}.new`, other);
  await status.shows(({ tasks }) => tasks.some(({ title }) => title === "Renamed"));
  writeFileSync(other, "---\ntitle: [\n---\n");
  await status.shows(({ problems }) => problems.some(({ file }) => file === other));
  writeFileSync(other, text);
  await status.shows(isFine);
  rmSync(other);
  await status.shows(says("the file of task 2-other is gone"));
  writeFileSync(other, text);
  await status.shows(isFine);
});

test("what is done to branches and worktrees by hand shows as well; looking starts no git, and prints only what is new", async () => {
  await using home = await createTaskHome();
  const name = await home.write("login", ["@wait never"]);
  await home.run("start", name);
  const { worktree, branch } = await home.reaches(name, "running");
  await home.run("stop", name);
  await home.reaches(name, "stopped");
  const gits = await withLoggedGit(home);
  await using status = watchStatus(home);
  await status.shows(({ tasks }) => tasks.length === 1);
  expect(gits()).not.toBe("");
  const before = gits();

  const own = String(branch);
  git(home, home.root, "branch", "-m", own, "mine");
  await status.shows(says(`the branch ${own} of task 1-login is gone`));
  git(home, home.root, "branch", "-m", "mine", own);
  await status.shows(isFine);
  git(home, worktree, "switch", "-q", "-c", "another");
  await status.shows(says("has another checked out"));
  git(home, worktree, "switch", "-q", own);
  await status.shows(isFine);
  rmSync(worktree, { recursive: true });
  await status.shows(says("the worktree of task 1-login is gone"));
  expect(gits()).toBe(before);
  const printed = status.all().map((found) => JSON.stringify(found));
  expect(printed.every((line, n) => line !== printed[n - 1])).toBe(true);
});

test("into a pipe prints a table only when it reads otherwise, whatever else has changed", async () => {
  await using home = await createTaskHome();
  await home.write("login");
  const { process: child, outcome } = home.start(["status", "--watch"], { cwd: home.root });
  let text = "";
  child.stdout?.on("data", (bytes: Buffer) => {
    text += bytes.toString();
  });
  await until(() => text.includes("Login") || text.includes("login"));
  const file = join(home.root, ".orchastration/tasks/1-login.md");
  // Labels are in no column; whoever watches everything sees both changes.
  await using everything = watchStatus(home);
  await everything.shows(({ tasks }) => tasks.length === 1);
  writeFileSync(file, readFileSync(file, "utf8").replace("labels: []", "labels: [later]"));
  await everything.shows(({ tasks }) => JSON.stringify(tasks).includes("later"));
  writeFileSync(file, readFileSync(file, "utf8").replace(/^title: .*$/m, "title: Another"));
  await until(() => text.includes("Another"));
  child.kill("SIGINT");
  await outcome;
  const lines = text.trimEnd().split("\n");
  expect(lines).toHaveLength(2);
});

test("goes on through a daemon that is replaced", async () => {
  await using home = await createTaskHome();
  await home.write("login");
  await using status = watchStatus(home);
  await status.shows(({ tasks }) => tasks.length === 1);
  expect(await home.run("daemon", "restart")).toMatchObject({ code: 0 });
  const file = join(home.root, ".orchastration/tasks/1-login.md");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/^title: .*$/m, "title: Another"));
  await status.shows(({ tasks }) => tasks.some(({ title }) => title === "Another"));
});
