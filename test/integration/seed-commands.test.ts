import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SEED_COMMANDS } from "../fixtures/seed-commands.ts";
import { type FakeGitHub, HAS_GH, startFakeGitHub } from "../support/fake-github.ts";
import { createHome, type Home, PROJECT_ROOT } from "../support/home.ts";
import { git } from "../support/repository.ts";

let home: Home;
let github: FakeGitHub;
beforeAll(async () => {
  home = createHome();
  const example = readFileSync(join(PROJECT_ROOT, "configs/config.example.toml"), "utf8");
  // The one path that no two machines share.
  home.writeConfig(example.replace('working_dir = "/tmp"', `working_dir = "${home.cwd}"`));
  git(home, home.cwd, "init", "--quiet");
  git(home, home.cwd, "commit", "--quiet", "--allow-empty", "--message", "Begin");
  git(home, home.cwd, "remote", "add", "origin", "https://github.com/ada/project.git");
  github = await startFakeGitHub(home.dir, "answer");
  mkdirSync(join(home.cwd, "path/to"), { recursive: true });
  writeFileSync(join(home.cwd, "path/to/file"), "content");
});
afterAll(async () => {
  await github[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

describe("a command line of the first product works as it is written there", () => {
  test.for(SEED_COMMANDS)("$line", async ({ line, says, needs }, { skip }) => {
    skip(needs === "gh" && !HAS_GH, "needs gh");
    const [, ...words] = line.split(" ");
    const { code, stdout, stderr } = await home.cli(words, { env: github.env });
    expect(stdout + stderr).toMatch(says);
    expect(code).toBe(0);
  });
});

test("the example configuration works where it stands, in a new clone", async () => {
  const config = join(PROJECT_ROOT, "configs/config.example.toml");
  const { code, stderr } = await home.cli(["--config", config, "build", "run", "sample_task", "--replan"]);
  expect(stderr).toContain("task=sample_task exit=0");
  expect(code).toBe(0);
});
