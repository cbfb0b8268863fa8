import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { writeFileAtomically, writeFileUnflushed } from "../../src/node/atomic-file.ts";

test("the file has the content, the mode, and no company", async () => {
  const home = temporaryDirectory();
  const path = join(home, "x.json");
  await writeFileAtomically(path, "one");
  await writeFileAtomically(path, Buffer.from([0, 255]));
  expect(readFileSync(path)).toEqual(Buffer.from([0, 255]));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(home)).toEqual(["x.json"]);
});

test("without a flush it is the same", () => {
  const home = temporaryDirectory();
  const path = join(home, "x.json");
  writeFileUnflushed(path, "one");
  writeFileUnflushed(path, "two");
  expect(readFileSync(path, "utf8")).toBe("two");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  mkdirSync(join(home, "occupied", "inside"), { recursive: true });
  expect(() => writeFileUnflushed(join(home, "occupied"), "x")).toThrow(/EISDIR|EEXIST|ENOTEMPTY|ENOTDIR/);
  expect(readdirSync(home).toSorted()).toEqual(["occupied", "x.json"]);
});

test("a mode can be asked for", async () => {
  const path = join(temporaryDirectory(), "x");
  await writeFileAtomically(path, "", { mode: 0o644 });
  expect(statSync(path).mode & 0o777).toBe(0o644);
});

test("a name as long as the file system allows is written", async () => {
  const path = join(temporaryDirectory(), "n".repeat(255));
  await writeFileAtomically(path, "x");
  expect(readFileSync(path, "utf8")).toBe("x");
});

test("a symbolic link at the place is replaced, not followed", async () => {
  const home = temporaryDirectory();
  writeFileSync(join(home, "victim"), "untouched");
  symlinkSync(join(home, "victim"), join(home, "link"));
  await writeFileAtomically(join(home, "link"), "new");
  expect(readFileSync(join(home, "victim"), "utf8")).toBe("untouched");
  expect(readFileSync(join(home, "link"), "utf8")).toBe("new");
});

test("a failure leaves nothing behind", async () => {
  const home = temporaryDirectory();
  mkdirSync(join(home, "occupied", "inside"), { recursive: true });
  await expect(writeFileAtomically(join(home, "occupied"), "x")).rejects.toThrow(/EISDIR|EEXIST|ENOTEMPTY|ENOTDIR/);
  expect(readdirSync(home)).toEqual(["occupied"]);
  await expect(writeFileAtomically(join(home, "missing", "x"), "x")).rejects.toThrow(/ENOENT/);
  expect(readdirSync(home)).toEqual(["occupied"]);
});

test("a reader sees one whole version while many are written", async () => {
  const path = join(temporaryDirectory(), "x");
  const versions = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
  await writeFileAtomically(path, versions[0] ?? "");
  const writes = Promise.all(versions.map((version) => writeFileAtomically(path, version)));
  let isDone = false;
  const finished = writes.then(() => {
    isDone = true;
  });
  while (!isDone) {
    expect(versions).toContain(readFileSync(path, "utf8"));
    await new Promise(setImmediate);
  }
  await finished;
});
