import { expect, test } from "vitest";
import { listProjectCommands } from "../../src/config/project-commands.ts";

const commandsIn = (text: string) => listProjectCommands("/repo", new TextEncoder().encode(text));

test("everything a project file runs is listed, with its directory", () => {
  expect(
    commandsIn(`[jobs.a]
command = ["./build.sh", "{project_root}/x", "{task_slug}"]
working_dir = "scripts"
[tasks.t]
command = ["make"]
working_dir = "/elsewhere"
[worktrees]
setup = ["{worktree}/setup.sh"]
[agents.ignored]
command = ["./evil"]
`),
  ).toEqual([
    { argv: ["./build.sh", "/repo/x", "{task_slug}"], workingDir: "/repo/scripts" },
    { argv: ["make"], workingDir: "/elsewhere" },
    { argv: ["/repo/setup.sh"], workingDir: "/repo" },
  ]);
});

test("a file with mistakes runs nothing", () => {
  expect(commandsIn('[jobs.a]\ncommand = ["a"]\nx = 1\n')).toEqual([]);
});
