import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { ensurePrivateDirectory, firstPrivateDirectory } from "../../src/node/private-directory.ts";

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

test("a missing directory is created for its owner alone, with its parents", () => {
  const path = join(temporaryDirectory(), "a", "b");
  ensurePrivateDirectory(path);
  expect(modeOf(path)).toBe(0o700);
  expect(modeOf(join(path, ".."))).toBe(0o700);
});

test("an existing private directory is fine", () => {
  const path = join(temporaryDirectory(), "a");
  for (let n = 0; n < 10; n++) ensurePrivateDirectory(path);
  expect(modeOf(path)).toBe(0o700);
});

test("a directory others may write to is refused and left as it is", () => {
  const path = join(temporaryDirectory(), "open");
  for (const mode of [0o770, 0o707, 0o1777]) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, mode);
    expect(() => ensurePrivateDirectory(path)).toThrow(
      expect.objectContaining({
        kind: "StateUnavailable",
        message: expect.stringMatching(/open: it is writable by other users/),
      }),
    );
    expect(modeOf(path)).toBe(mode & 0o777);
  }
});

test("a symbolic link is refused, also to a private directory and when it dangles", () => {
  const home = temporaryDirectory();
  mkdirSync(join(home, "real"), { mode: 0o700 });
  symlinkSync(join(home, "real"), join(home, "link"));
  symlinkSync(join(home, "nowhere"), join(home, "dangling"));
  for (const name of ["link", "dangling"]) {
    expect(() => ensurePrivateDirectory(join(home, name))).toThrow(/is a symbolic link/);
  }
});

test("a file is refused", () => {
  const path = join(temporaryDirectory(), "file");
  writeFileSync(path, "");
  expect(() => ensurePrivateDirectory(path)).toThrow(/is no directory/);
});

test("another user's directory is refused", () => {
  let path = "/usr";
  if (process.getuid?.() === 0) {
    path = join(temporaryDirectory(), "foreign");
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, 65534, 65534);
  }
  expect(() => ensurePrivateDirectory(path)).toThrow(/belongs to another user/);
});

test("the next directory serves when the first cannot be made", () => {
  const home = temporaryDirectory();
  writeFileSync(join(home, "file"), "");
  const good = join(home, "good");
  expect(firstPrivateDirectory([join(home, "file", "sub"), good])).toBe(good);
});

test("the next directory does not serve when the first was tampered with", () => {
  const home = temporaryDirectory();
  symlinkSync(home, join(home, "link"));
  expect(() => firstPrivateDirectory([join(home, "link"), join(home, "good")])).toThrow(/symbolic link/);
});

test("when none can be made the error names the last one and the system's reason", () => {
  const home = temporaryDirectory();
  writeFileSync(join(home, "file"), "");
  expect(() => firstPrivateDirectory([join(home, "file", "sub")])).toThrow(/Cannot create .*sub: /);
});
