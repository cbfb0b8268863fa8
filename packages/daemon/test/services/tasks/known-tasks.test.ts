import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LoadedConfig } from "../../../src/config/load.ts";
import { createKnownTasks } from "../../../src/services/tasks/known-tasks.ts";
import { listTaskFiles } from "../../../src/task-files/list-task-files.ts";
import { readTaskFile } from "../../../src/task-files/read-task-file.ts";
import { AT } from "../../registry/sample-runs.ts";
import { openTasks } from "./sample-tasks.ts";

function arrange() {
  const tasks = openTasks();
  const root = tasks.repository;
  const folder = join(root, ".orchastration/tasks");
  mkdirSync(folder, { recursive: true });
  const loaded = { project: { state: "absent", root }, config: { tasks: new Map() } } as unknown as LoadedConfig;
  const known = createKnownTasks({
    registry: tasks.registry,
    loadConfig: () => Promise.resolve(loaded),
    listTaskFiles,
    readHeader: readTaskFile,
    now: () => new Date(AT),
  });
  const context = { cwd: root, configFile: null };
  return {
    folder,
    write: (name: string, title: string) => writeFileSync(join(folder, name), `---\ntitle: ${title}\n---\n`),
    survey: () => known.survey(context),
    get: (reference: string) => known.get(context, reference),
  };
}

test("a file that somebody wrote is a task, what it says is what the task says, and it is found by number, slug and name", async () => {
  const { write, survey, get } = arrange();
  write("3-login.md", "Fix the login");
  expect((await survey()).tasks).toMatchObject([{ number: 3, slug: "login", title: "Fix the login" }]);
  write("3-login.md", "Mend the login");
  for (const reference of ["3", "login", "3-login"]) {
    expect((await get(reference)).task.title).toBe("Mend the login");
  }
  await expect(get("logn")).rejects.toMatchObject({ kind: "TaskNotFound", hint: expect.stringContaining("login") });
});

test("a repository without a folder for task files is not initialized", async () => {
  const { folder, survey } = arrange();
  expect((await survey()).isInitialized).toBe(true);
  rmSync(folder, { recursive: true });
  expect((await survey()).isInitialized).toBe(false);
});

test("surveys at the same time make one task of one file", async () => {
  const { write, survey } = arrange();
  write("1-login.md", "Fix the login");
  const surveys = await Promise.all(Array.from({ length: 20 }, survey));
  expect(new Set(surveys.flatMap(({ tasks }) => tasks.map(({ id }) => id))).size).toBe(1);
});

test("a deleted file is said, and its task is remembered until the file comes back", async () => {
  const { folder, write, survey } = arrange();
  write("1-login.md", "Fix the login");
  const [before] = (await survey()).tasks;
  rmSync(join(folder, "1-login.md"));
  const gone = await survey();
  expect(gone.tasks).toEqual([before]);
  expect(gone.problems).toMatchObject([
    { kind: "absent", file: join(folder, "1-login.md"), message: expect.stringContaining("task 1-login is gone") },
  ]);
  write("1-login.md", "Fix the login");
  expect((await survey()).problems).toEqual([]);
});

test("a folder that cannot be read is one problem, and no task of it is taken for deleted", async () => {
  const { folder, write, survey } = arrange();
  write("1-login.md", "Fix the login");
  await survey();
  rmSync(folder, { recursive: true });
  writeFileSync(folder, "no folder\n");
  const { tasks, problems } = await survey();
  expect(tasks).toHaveLength(1);
  expect(problems).toMatchObject([{ kind: "unreadable", file: folder }]);
});

test("a renamed file, one with the number of another task, and two with one number are said and change nothing", async () => {
  const { folder, write, survey } = arrange();
  write("1-login.md", "Fix the login");
  const [before] = (await survey()).tasks;
  write("1-logout.md", "Fix the logout");
  expect((await survey()).problems.map(({ kind }) => kind)).toEqual(["duplicate-id"]);
  rmSync(join(folder, "1-login.md"));
  const { tasks, problems } = await survey();
  expect(tasks).toEqual([before]);
  expect(problems).toMatchObject([{ kind: "bad-name", suggestion: "1-login.md" }]);
});
