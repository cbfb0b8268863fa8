import { expect, test } from "vitest";
import { issueText } from "../../src/domain/issue-text.ts";

const task = { name: "1-login", title: "Fix the login", text: "", work: null };

test("an issue has the title, what is to be done, and the name of the task", () => {
  expect(issueText({ ...task, text: "\nIt fails on Mondays.\n\n- see `log.txt`\n" })).toEqual({
    title: "Fix the login",
    body: "```text\nFix the login\n\nIt fails on Mondays.\n\n- see `log.txt`\n\nTask: 1-login\n```\n",
  });
});

test("nothing in a task's file ends the block that it stands in", () => {
  const { body } = issueText({ ...task, text: "before\n````\n@everyone\u001b[31m" });
  expect(body.startsWith("`````text\n")).toBe(true);
  expect(body.endsWith("\n`````\n")).toBe(true);
  expect(body).not.toContain("\u001b");
});

test("a text that is longer than GitHub takes is cut, and says so", () => {
  const { body } = issueText({ ...task, text: "ü😀".repeat(50_000) });
  expect(body.length).toBeLessThan(65_536);
  expect(Buffer.byteLength(body)).toBeLessThan(128 * 1024);
  expect(body).toContain("(The rest stands in the task's file.)");
  expect(body.isWellFormed()).toBe(true);
});
