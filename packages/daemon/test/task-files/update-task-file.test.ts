import { chmodSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TaskFileError } from "../../src/task-files/problem.ts";
import { readTaskFile } from "../../src/task-files/read-task-file.ts";
import { updateTaskFile } from "../../src/task-files/update-task-file.ts";
import { createTasksFolder } from "./folder.ts";

const name = "1-login.md";

async function update(content: string, changes: Parameters<typeof updateTaskFile>[1]): Promise<string> {
  const folder = createTasksFolder();
  await updateTaskFile(folder.write(name, content), changes);
  return folder.read(name);
}

describe("a new status takes the place of the old one, and nothing else moves:", () => {
  test.each([
    ["plain", "status: idle # c\nb: 1\n", "status: running # c\nb: 1\n"],
    ["in single quotes", "status: 'it''s'\n", "status: 'running'\n"],
    ["in double quotes", '"status" : "idle"\t# c\n', '"status" : "running"\t# c\n'],
    ["empty", "status:\nb: 1\n", "status: running\nb: 1\n"],
    ["empty with a comment", "status: # c\nb: 1\n", "status: running # c\nb: 1\n"],
    ["with an anchor and a tag", "status: !!str &s idle\nb: *s\n", "status: !!str &s running\nb: *s\n"],
    ["an alias", "a: &s idle\nstatus: *s\n", "a: &s idle\nstatus: running\n"],
    ["a block", "status: |\n  idle\n  really\nb: 1\n", "status: running\nb: 1\n"],
    ["over two lines", "status: idle\n  really\nb: 1\n", "status: running\nb: 1\n"],
    ["a list", "status:\n  - a\n# c\nb: 1\n", "status:\n  running\n# c\nb: 1\n"],
    ["in braces", "{title: x, status: idle}\n", "{title: x, status: running}\n"],
    ["twice", "status: a\nstatus: b\n", "status: running\nstatus: running\n"],
    ["explicit", "? status\n: idle\n", "? status\n: running\n"],
    ["absent", "title: x\n# end\n", "title: x\n# end\nstatus: running\n"],
    ["absent and indented", "  title: x\n", "  title: x\n  status: running\n"],
    ["absent behind an explicit key", "?\n  title\n:\n  x\n", "?\n  title\n:\n  x\nstatus: running\n"],
    ["absent in braces", "{title: x}\n", "{title: x, status: running}\n"],
    ["absent in empty braces", "{}\n", "{status: running}\n"],
    ["absent behind a block", "title: |+\n  x\n\n", "title: |+\n  x\n\nstatus: running\n"],
    ["nothing at all", "", "status: running\n"],
  ])("%s", async (_, before, after) => {
    const [opening, closing] = ["---\n", "---\n\nBody: status: idle\n---\n"];
    expect(await update(opening + before + closing, { status: "running" })).toBe(opening + after + closing);
  });
});

test("a header without fences keeps its form", async () => {
  expect(await update("title: x\nstatus: a\n\nBody\n", { status: "b" })).toBe("title: x\nstatus: b\n\nBody\n");
  expect(await update("title: x", { status: "b" })).toBe("title: x\nstatus: b");
});

test("a file without header gets one before its text", async () => {
  expect(await update("\ufeff# Notes\r\n", { status: "b" })).toBe("\ufeff---\r\nstatus: b\r\n---\r\n\r\n# Notes\r\n");
  expect(await update("# Notes\n", { session_id: null })).toBe("# Notes\n");
});

test("nothing is written as null where the key stands, and not added", async () => {
  const before = "---\ntitle: x\nsession_id: 'abc'\n---\n";
  expect(await update(before, { session_id: null, agent: null })).toBe("---\ntitle: x\nsession_id: null\n---\n");
});

test.each([
  ["a header that is no YAML", "---\ntitle: [x\n---\n"],
  ["a header that does not end", "---\ntitle: x\n"],
  ["a key without a colon, which must stay the only one", "---\n? status\nb: 1\n---\n"],
  ["NUL", "# \0\n"],
])("%s is left alone, and said", async (_, content) => {
  const folder = createTasksFolder();
  const path = folder.write(name, content);
  await expect(updateTaskFile(path, { status: "running" })).rejects.toThrow(TaskFileError);
  expect(folder.read(name)).toBe(content);
});

test("the same value again writes nothing, and the mode of a file stays", async () => {
  const folder = createTasksFolder();
  const path = folder.write(name, "---\nstatus: 'idle'\n---\n");
  chmodSync(path, 0o664);
  const before = statSync(path, { bigint: true });
  expect(await updateTaskFile(path, { status: "idle" })).toBe(false);
  expect(statSync(path, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
  expect(await updateTaskFile(path, { status: "running" })).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o664);
  expect(readdirSync(folder.directory)).toEqual([name]);
});

test("what a person saves while the file is rewritten is not lost", async () => {
  const folder = createTasksFolder();
  const path = folder.write(name, "---\nstatus: a\n---\n");
  let lines = "";
  for (let save = 0; save < 50; save += 1) {
    const update = updateTaskFile(path, { status: `s${save}` });
    lines += `${save}\n`;
    const saved = setImmediateOften(save % 7).then(() => writeFileSync(path, `---\nstatus: a\n---\n${lines}`));
    await Promise.all([update, saved]);
    const { body, header } = await readTaskFile(path);
    expect(body).toBe(lines);
    expect(["a", `s${save}`]).toContain(header?.status);
  }
});

async function setImmediateOften(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("changes asked for at once are all made", async () => {
  const folder = createTasksFolder();
  const path = folder.write(name, "---\ntitle: x\n---\n");
  await Promise.all([
    updateTaskFile(path, { status: "idle" }),
    updateTaskFile(path, { session_id: "s 1" }),
    updateTaskFile(path, { agent: "codex" }),
  ]);
  expect(folder.read(name)).toBe("---\ntitle: x\nstatus: idle\nsession_id: s 1\nagent: codex\n---\n");
});
