import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { stampOfFile, untilFileTimesDiffer } from "../../src/follow/stamp-of-file.ts";

test.each(["a file", "a link to a file", "a directory", "a link to a directory"])(
  "the same written again into %s shows, and looking does not",
  async (kind) => {
    const folder = temporaryDirectory();
    const [file, directory, link] = [join(folder, "file"), join(folder, "directory"), join(folder, "link")];
    mkdirSync(directory);
    const written = kind.endsWith("directory") ? join(directory, "inside") : file;
    const write = () => writeFileSync(written, "the same");
    write();
    const target = kind.endsWith("directory") ? directory : file;
    if (kind.startsWith("a link")) symlinkSync(target, link);
    const path = kind.startsWith("a link") ? link : target;
    const before = await stampOfFile(path);
    expect(before).not.toBeNull();
    expect(await stampOfFile(path)).toBe(before);
    await untilFileTimesDiffer();
    write();
    expect(await stampOfFile(path)).not.toBe(before);
  },
);

test("nothing is there, or a link leads to nothing", async () => {
  const folder = temporaryDirectory();
  const link = join(folder, "link");
  expect(await stampOfFile(link)).toBeNull();
  writeFileSync(join(folder, "file"), "");
  symlinkSync(join(folder, "file"), link);
  const before = await stampOfFile(link);
  rmSync(join(folder, "file"));
  expect(await stampOfFile(link)).not.toBe(before);
  symlinkSync(link, join(folder, "circle"));
  rmSync(link);
  symlinkSync(join(folder, "circle"), link);
  expect(await stampOfFile(link)).not.toBeNull();
});
