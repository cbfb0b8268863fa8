import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createTaskFile } from "../../src/task-files/create-task-file.ts";
import { listTaskFiles } from "../../src/task-files/list-task-files.ts";
import { readTaskFile } from "../../src/task-files/read-task-file.ts";
import { createTasksFolder } from "./folder.ts";

const header = {
  title: 'Fix: the "login"',
  base_branch: "main",
  status: "draft",
  labels: ["ui", "no"],
  created_at: "2026-01-31T12:00:00.000Z",
  agent: null,
  session_id: null,
};

test("a new file is a header, an empty line, and the description", async () => {
  const folder = createTasksFolder();
  const path = await createTaskFile(folder.directory, { id: 7, slug: "fix-login", header, body: "# Why\n" });
  expect(path).toBe(folder.pathOf("7-fix-login.md"));
  expect(folder.read("7-fix-login.md")).toBe(`---
title: "Fix: the \\"login\\""
base_branch: main
status: draft
labels: [ui, "no"]
created_at: 2026-01-31T12:00:00.000Z
---

# Why
`);
});

test("a file that is there is left alone", async () => {
  const folder = createTasksFolder();
  folder.write("7-fix.md", "mine");
  expect(await createTaskFile(folder.directory, { id: 7, slug: "fix", header, body: "" })).toBeUndefined();
  expect(folder.read("7-fix.md")).toBe("mine");
});

test("twenty at once under one name make one file", async () => {
  const folder = createTasksFolder();
  const made = Array.from({ length: 20 }, () =>
    createTaskFile(folder.directory, { id: 1, slug: "a", header, body: "" }),
  );
  expect((await Promise.all(made)).filter((path) => path !== undefined)).toHaveLength(1);
});

test("nothing is written through a link", async () => {
  const folder = createTasksFolder();
  const elsewhere = join(folder.repository, "elsewhere");
  renameSync(folder.directory, elsewhere);
  symlinkSync(elsewhere, folder.directory);
  await expect(createTaskFile(folder.directory, { id: 1, slug: "a", header, body: "" })).rejects.toThrow(
    /symbolic link/,
  );
});

test("whatever a title, label or description says is read back", async () => {
  const folder = createTasksFolder();
  const text = fc.string({ unit: "grapheme" }).filter((value) => value.isWellFormed() && !value.includes("\0"));
  let id = 0;
  await fc.assert(
    fc.asyncProperty(text, text, text, async (title, label, body) => {
      id += 1;
      const path = await createTaskFile(folder.directory, {
        id,
        slug: "a",
        header: { ...header, title, labels: [label] },
        body,
      });
      const file = await readTaskFile(path ?? "");
      expect(file.header).toEqual({ ...header, title: title.trim(), labels: [label.trim()] });
      expect(file.body).toBe(body === "" || body.endsWith("\n") ? body : `${body}\n`);
    }),
    { numRuns: 60 },
  );
});

test("files are listed by id; other names and twins are problems", async () => {
  const folder = createTasksFolder();
  for (const name of ["10-b.md", "2-c.md", "2-a.md", "Fix.md", "03-x.md", "README.md", ".1-a.md.swp.md", "notes.txt"]) {
    folder.write(name, "");
  }
  mkdirSync(folder.pathOf("sub"));
  const { files, problems } = await listTaskFiles(folder.directory);
  expect(files.map(({ id, slug }) => `${id}-${slug}`)).toEqual(["2-a", "2-c", "10-b"]);
  expect(problems.map(({ kind, file }) => [kind, file])).toEqual([
    ["bad-name", folder.pathOf("03-x.md")],
    ["bad-name", folder.pathOf("Fix.md")],
    ["duplicate-id", folder.pathOf("2-c.md")],
  ]);
});

test("a folder that is not there has no tasks", async () => {
  expect(await listTaskFiles("/nowhere/at/all")).toEqual({ files: [], problems: [] });
});
