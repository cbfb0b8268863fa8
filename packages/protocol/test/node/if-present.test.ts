import { closeSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { namesIn, openIfPresent, readIfPresent } from "../../src/node/if-present.ts";

function makeFile(): { readonly directory: string; readonly file: string } {
  const directory = temporaryDirectory();
  const file = join(directory, "file");
  writeFileSync(file, "0123456789");
  return { directory, file };
}

test("what is not there is no file, and a directory without names", () => {
  const absent = join(temporaryDirectory(), "absent");
  expect(openIfPresent(absent)).toBeUndefined();
  expect(readIfPresent(absent, 0, 8)).toBeUndefined();
  expect(namesIn(absent)).toEqual([]);
});

test("a file is opened", () => {
  const descriptor = openIfPresent(makeFile().file);
  expect(descriptor).toBeTypeOf("number");
  if (descriptor !== undefined) closeSync(descriptor);
});

test("a file is read from where one wants, as far as it goes", () => {
  const { file } = makeFile();
  expect(readIfPresent(file, 2, 3)?.toString()).toBe("234");
  expect(readIfPresent(file, 8, 100)?.toString()).toBe("89");
  expect(readIfPresent(file, 10, 100)).toEqual(Buffer.alloc(0));
});

test("a directory is listed", () => {
  const { directory } = makeFile();
  mkdirSync(join(directory, "folder"));
  expect(namesIn(directory).toSorted()).toEqual(["file", "folder"]);
});

test("what is something else than was asked for is an error", () => {
  const { directory, file } = makeFile();
  expect(() => namesIn(file)).toThrow(expect.objectContaining({ code: "ENOTDIR" }));
  expect(() => readIfPresent(directory, 0, 8)).toThrow(expect.objectContaining({ code: "EISDIR" }));
});
