import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resolvePaths } from "@orchastration/protocol/node";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { findActivationSocket } from "../../src/service/choose-service.ts";

/** A user whose runtime directory has the mode, with or without an installed unit. */
function find(
  differences: { mode?: number; isInstalled?: boolean; platform?: NodeJS.Platform } = {},
): string | undefined {
  const { mode = 0o700, isInstalled = true, platform = "linux" } = differences;
  const home = temporaryDirectory();
  const surroundings = { platform: "linux", homedir: home, tmpdir: home, cwd: home, uid: 0 } as const;
  const place = resolvePaths({ ...surroundings, env: { XDG_RUNTIME_DIR: join(home, "run") } });
  mkdirSync(join(home, "run/orchastration"), { recursive: true });
  chmodSync(join(home, "run/orchastration"), mode);
  mkdirSync(place.serviceDir, { recursive: true });
  if (isInstalled) writeFileSync(join(place.serviceDir, "orchastration.socket"), "");
  return findActivationSocket({ platform, place, daemonProgram: "d.js", daemonArgs: [] })?.replace(home, "");
}

test("the socket of an installed unit is found", () => {
  expect(find()).toMatch(/^\/run\/orchastration\/[0-9a-f]{16}\.sock$/);
});

test("without a unit there is none", () => {
  expect(find({ isInstalled: false })).toBeUndefined();
});

test("a directory where others could listen is not trusted", () => {
  expect(find({ mode: 0o777 })).toBeUndefined();
});

test("only systemd hands over sockets", () => {
  expect(find({ platform: "darwin" })).toBeUndefined();
});
