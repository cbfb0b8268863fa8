import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { followLog, offsetOfLastLines } from "../../src/follow/follow-log.ts";

function logFile(content: string): string {
  const path = join(temporaryDirectory(), "orchastration.log");
  writeFileSync(path, content);
  return path;
}

test.each<[string, string, number | undefined, number]>([
  ["all lines", "a\nbb\nc\n", undefined, 0],
  ["the last one", "a\nbb\nc\n", 1, 5],
  ["the last two", "a\nbb\nc\n", 2, 2],
  ["more than there are", "a\nbb\nc\n", 9, 0],
  ["none", "a\nbb\nc\n", 0, 7],
  ["lines of an empty log", "", 3, 0],
])("%s", (_name, content, lines, offset) => {
  expect(offsetOfLastLines(logFile(content), lines)).toBe(offset);
});

test("the last lines of a long log are found across the blocks in which it is read", () => {
  const line = `${"x".repeat(999)}\n`;
  expect(offsetOfLastLines(logFile(line.repeat(300)), 200)).toBe(100_000);
});

test("a log that does not exist has no lines", () => {
  expect(offsetOfLastLines(join(temporaryDirectory(), "none"), 1)).toBeUndefined();
});

test("it goes on with the file that takes the place of a rotated one, without losing a line", async () => {
  const path = logFile("one\n");
  let text = "";
  const log = followLog(path, async (bytes) => void (text += Buffer.from(bytes).toString()), 0);
  await expect.poll(() => text).toBe("one\n");
  appendFileSync(path, "two\n");
  renameSync(path, `${path}.1`);
  appendFileSync(`${path}.1`, "three\n");
  writeFileSync(path, "four\n");
  await expect.poll(() => text).toBe("one\ntwo\nthree\nfour\n");
  appendFileSync(path, "five\n");
  log.finish();
  await log.done;
  expect(text).toBe("one\ntwo\nthree\nfour\nfive\n");
});
