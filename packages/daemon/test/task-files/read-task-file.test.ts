import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatTaskFileProblem } from "../../src/task-files/problem.ts";
import { readTaskFile } from "../../src/task-files/read-task-file.ts";
import { createTasksFolder } from "./folder.ts";

const name = "1-login.md";
const header = `title: Fix the login
base_branch: main
status: draft
labels: [ui, "very urgent"]
created_at: 2026-01-31T12:00:00Z
agent: codex
session_id: null
`;
const expected = {
  title: "Fix the login",
  base_branch: "main",
  status: "draft",
  labels: ["ui", "very urgent"],
  created_at: "2026-01-31T12:00:00Z",
  agent: "codex",
  session_id: null,
};

function read(content: string | Uint8Array) {
  return readTaskFile(createTasksFolder().write(name, content));
}

/** Each as `line key: message`, without the file. */
async function problemsOf(content: string | Uint8Array) {
  const { problems } = await read(content);
  return problems.map((problem) => formatTaskFileProblem({ ...problem, file: "" }));
}

test.each([
  ["as the product writes it", `---\n${header}---\n\n# Notes\n`],
  [
    "with Windows line ends and a byte order mark",
    `\ufeff---\r\n${header.replaceAll("\n", "\r\n")}---\r\n\r\n# Notes\n`,
  ],
  ["without fences, up to the first empty line", `${header}\n# Notes\n`],
  ["with an end as pandoc writes it", `---\n${header}...\n# Notes\n`],
])("a header %s is read", async (_, content) => {
  expect(await read(content)).toEqual({ header: expected, body: "# Notes\n", problems: [] });
});

test("every scalar is text: numbers, words for booleans, blocks", async () => {
  const { header, problems } = await read("---\ntitle: 2026\nstatus: yes\nagent: >-\n  shell\nlabels: one\n---\n");
  expect(header).toMatchObject({ title: "2026", status: "yes", agent: "shell", labels: ["one"] });
  expect(problems).toEqual([]);
});

test("keys of others are welcome, and a slip is named with the key that was meant", async () => {
  expect(await problemsOf("---\ntitle: x\npriority: 3\nstauts: idle\n---\n")).toEqual([
    ':4: stauts: unknown key; did you mean "status"?',
  ]);
});

test.each([
  ["a table for a text", "---\ntitle: x\nstatus: {a: b}\n---\n", ":3: status: of the wrong type; expected one text"],
  ["an alias for a text", "---\ntitle: &t x\nagent: *t\n---\n", ":3: agent: of the wrong type; expected one text"],
  [
    "lists in labels",
    "---\ntitle: x\nlabels: [a, [b]]\n---\n",
    ":3: labels: of the wrong type; expected a list of texts, such as [ui, urgent]",
  ],
  [
    "a key that stands twice",
    "---\ntitle: x\nagent: a\nagent: b\n---\n",
    ":4: agent: stands twice, the last one counts",
  ],
  ["no title", "---\nstatus: draft\n---\n", ":2: title: missing; expected a title"],
  ["a tab for indentation", "---\ntitle:\n\tx\n---\n", ":3: no valid YAML: Tabs are not allowed as indentation"],
  [
    "no time",
    "---\ntitle: x\ncreated_at: soon\n---\n",
    ":2: created_at: no time; expected a time such as 2026-01-31T12:00:00Z",
  ],
  ["no end of the header", "---\ntitle: x\n", ":1: the header does not end; expected a line --- behind the header"],
  [
    "no header",
    "# Fix the login\n",
    ":1: no header; expected a first line --- , lines such as title: Fix the login, and a line ---",
  ],
  ["a list for a header", "---\n- a\n---\n", ":2: no valid YAML: expected lines such as `title: Fix the login`"],
  ["NUL", "---\ntitle: x\n---\n\n\0", ": no text: it contains NUL; expected UTF-8"],
  [
    "a header that is no UTF-8",
    Buffer.from("---\ntitle: \xff\n---\n", "latin1"),
    ":1: the header is no text; expected UTF-8",
  ],
  ["a huge header", `---\n${"# x\n".repeat(10_000)}---\n`, ":1: the header is larger than 32 KiB"],
  ["a huge file", Buffer.alloc(2 ** 20 + 1, "x"), ": larger than 1 MiB"],
  ["thousands of brackets", `---\ntitle: ${"[".repeat(20_000)}\n---\n`, undefined],
  ["an alias bomb", `---\ntitle: x\n${bomb()}---\n`, undefined],
])("%s is a problem with its place, and ends nothing", async (_, content, problem) => {
  const problems = await problemsOf(content);
  if (problem !== undefined) expect(problems).toContain(problem);
});

function bomb(): string {
  const lines = Array.from({ length: 20 }, (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index},`.repeat(9)}]`);
  return ["a0: &a0 [x]", ...lines, "labels: *a20", ""].join("\n");
}

test("what is no plain file is not opened: nothing, a directory, a link, a pipe, a linked folder", async () => {
  const folder = createTasksFolder();
  folder.write("1-real.md", `---\n${header}---\n`);
  mkdirSync(folder.pathOf("2-directory.md"));
  symlinkSync(folder.pathOf("1-real.md"), folder.pathOf("3-link.md"));
  const messageOf = async (path: string) => (await readTaskFile(path)).problems.map(({ message }) => message);
  expect(await messageOf(folder.pathOf("9-nothing.md"))).toEqual(["not there"]);
  expect(await messageOf(folder.pathOf("2-directory.md"))).toEqual(["a directory, not a plain file"]);
  expect(await messageOf(folder.pathOf("3-link.md"))).toEqual(["a symbolic link, not a plain file"]);
  execFileSync("mkfifo", [folder.pathOf("4-pipe.md")]);
  expect(await messageOf(folder.pathOf("4-pipe.md"))).toEqual(["a device, pipe or socket, not a plain file"]);

  renameSync(folder.directory, join(folder.repository, "elsewhere"));
  symlinkSync(join(folder.repository, "elsewhere"), folder.directory);
  expect(await messageOf(folder.pathOf("1-real.md"))).toEqual(["reached through a symbolic link"]);
});

test("a problem is shown without the characters that make a terminal act", async () => {
  const [line] = await problemsOf("---\ntitle: x\nsta\u001b]52;c;eA==\u0007tus: a\n---\n");
  expect(line ?? "").not.toMatch(/[\u0007\u001b]/);
});
