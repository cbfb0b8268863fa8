import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { ensurePrivateDirectory, firstPrivateDirectory } from "../../src/node/private-directory.ts";

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

test("a missing directory is created for its owner alone, with its parents", async () => {
  const path = join(temporaryDirectory(), "a", "b");
  await ensurePrivateDirectory(path);
  expect(modeOf(path)).toBe(0o700);
  expect(modeOf(join(path, ".."))).toBe(0o700);
});

test("an existing private directory is fine, by many at once too", async () => {
  const path = join(temporaryDirectory(), "a");
  await Promise.all(Array.from({ length: 10 }, () => ensurePrivateDirectory(path)));
  expect(modeOf(path)).toBe(0o700);
});

test("a directory others may write to is refused and left as it is", async () => {
  const path = join(temporaryDirectory(), "open");
  for (const mode of [0o770, 0o707, 0o1777]) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, mode);
    await expect(ensurePrivateDirectory(path)).rejects.toMatchObject({
      kind: "StateUnavailable",
      message: expect.stringMatching(/open: it is writable by other users/),
    });
    expect(modeOf(path)).toBe(mode & 0o777);
  }
});

test("a symbolic link is refused, also to a private directory and when it dangles", async () => {
  const home = temporaryDirectory();
  mkdirSync(join(home, "real"), { mode: 0o700 });
  symlinkSync(join(home, "real"), join(home, "link"));
  symlinkSync(join(home, "nowhere"), join(home, "dangling"));
  for (const name of ["link", "dangling"]) {
    await expect(ensurePrivateDirectory(join(home, name))).rejects.toThrow(/is a symbolic link/);
  }
});

test("a file is refused", async () => {
  const path = join(temporaryDirectory(), "file");
  writeFileSync(path, "");
  await expect(ensurePrivateDirectory(path)).rejects.toThrow(/is no directory/);
});

test("another user's directory is refused", async () => {
  let path = "/usr";
  if (process.getuid?.() === 0) {
    path = join(temporaryDirectory(), "foreign");
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, 65534, 65534);
  }
  await expect(ensurePrivateDirectory(path)).rejects.toThrow(/belongs to another user/);
});

test("the next directory serves when the first cannot be made", async () => {
  const home = temporaryDirectory();
  writeFileSync(join(home, "file"), "");
  const good = join(home, "good");
  expect(await firstPrivateDirectory([join(home, "file", "sub"), good])).toBe(good);
});

test("the next directory does not serve when the first was tampered with", async () => {
  const home = temporaryDirectory();
  symlinkSync(home, join(home, "link"));
  await expect(firstPrivateDirectory([join(home, "link"), join(home, "good")])).rejects.toThrow(/symbolic link/);
});

test("when none can be made the error names the last one and the system's reason", async () => {
  const home = temporaryDirectory();
  writeFileSync(join(home, "file"), "");
  await expect(firstPrivateDirectory([join(home, "file", "sub")])).rejects.toThrow(/Cannot create .*sub: /);
});
