import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { readTaskFile } from "../../src/task-files/read-task-file.ts";
import { rememberHeaders } from "../../src/task-files/remember-headers.ts";

const text = (title: string): string => `---\ntitle: ${title}\n---\n\nBody.\n`;
const anHourLater = (): number => Date.now() + 3_600_000;

function createFile(): { path: string; reads: () => number; title: (nowMs?: () => number) => Promise<unknown> } {
  const path = join(temporaryDirectory(), "1-work.md");
  writeFileSync(path, text("first"));
  let reads = 0;
  let nowMs = anHourLater;
  const read = rememberHeaders(
    (file) => {
      reads++;
      return readTaskFile(file);
    },
    () => nowMs(),
  );
  return {
    path,
    reads: () => reads,
    async title(at = anHourLater) {
      nowMs = at;
      return (await read(path)).header?.title;
    },
  };
}

describe("the header of a task's file", () => {
  test("is read once while nobody touches it", async () => {
    const { title, reads } = createFile();
    expect([await title(), await title(), await title()]).toEqual(["first", "first", "first"]);
    expect(reads()).toBe(1);
  });

  test("is read again when it was rewritten, replaced, or given its old time back", async () => {
    const { path, title } = createFile();
    await title();
    writeFileSync(path, text("other"));
    expect(await title()).toBe("other");
    writeFileSync(`${path}.new`, text("third"));
    renameSync(`${path}.new`, path);
    expect(await title()).toBe("third");
    writeFileSync(path, text("forth"));
    utimesSync(path, 0, 0);
    expect(await title()).toBe("forth");
  });

  test("is not remembered while its time may still be shared by a later change", async () => {
    const { title, reads } = createFile();
    await title(Date.now);
    await title();
    expect(reads()).toBe(2);
  });

  test("is gone with its file, and a directory in its place is no header", async () => {
    const { path, title } = createFile();
    await title();
    rmSync(path);
    expect(await title()).toBeUndefined();
    mkdirSync(path);
    expect(await title()).toBeUndefined();
  });
});
