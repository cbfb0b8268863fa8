import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { canonicalPath } from "../../src/node/canonical-path.ts";

test("two spellings of a directory have one canonical path, also before it exists", () => {
  const home = temporaryDirectory();
  mkdirSync(join(home, "real"));
  symlinkSync(join(home, "real"), join(home, "link"));
  expect(canonicalPath(join(home, "link"))).toBe(join(home, "real"));
  expect(canonicalPath(join(home, "link", "new", "state"))).toBe(join(home, "real", "new", "state"));
  expect(canonicalPath(`${home}/real/../link/.`)).toBe(join(home, "real"));
});
