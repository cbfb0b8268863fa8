import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";

const source = fileURLToPath(new URL("../src/start.ts", import.meta.url));

/** Answers `word`, once something compiled is kept beside it. */
const program = (word: string): string => `
  const { basename, dirname } = require("node:path");
  const { existsSync, readdirSync } = require("node:fs");
  const kept = dirname(__filename) + "/compiled";
  const look = setInterval(() => {
    if (!existsSync(kept) || readdirSync(kept).length === 0) return;
    clearInterval(look);
    process.stdout.write("${word} " + basename(__filename));
  }, 5);`;

/** Starts what lies in a folder of its own. */
function installation(): { readonly folder: string; readonly start: () => string } {
  const folder = temporaryDirectory();
  copyFileSync(source, join(folder, "main.ts"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const command = ["-c", 'umask 0; exec "$0" "$1"', process.execPath, join(folder, "main.ts")];
  return { folder, start: () => execFileSync("sh", command, { encoding: "utf8" }) };
}

test("the daemon's bundle runs as if it were the file that was started, and its compiled form is kept", () => {
  const { folder, start } = installation();
  writeFileSync(join(folder, "daemon.cjs"), program("old"));
  expect(start()).toBe("old main.ts");
  expect(start()).toBe("old main.ts");
  const kept = join(folder, "compiled");
  expect(readdirSync(kept)).toHaveLength(1);
  // Nobody else may write what is run.
  for (const path of [kept, ...readdirSync(kept).map((name) => join(kept, name))]) {
    expect(statSync(path).mode & 0o077).toBe(0);
  }
});

test("what was compiled from an older bundle of the same length never runs", () => {
  const { folder, start } = installation();
  writeFileSync(join(folder, "daemon.cjs"), program("old"));
  expect(start()).toBe("old main.ts");
  writeFileSync(join(folder, "daemon.cjs"), program("new"));
  expect(start()).toBe("new main.ts");
});

test("a compiled form that is damaged is made anew", () => {
  const { folder, start } = installation();
  writeFileSync(join(folder, "daemon.cjs"), program("fine"));
  expect(start()).toBe("fine main.ts");
  for (const name of readdirSync(join(folder, "compiled"))) writeFileSync(join(folder, "compiled", name), "damaged");
  expect(start()).toBe("fine main.ts");
});

test("a compiled form that is damaged behind its beginning, over which V8 would crash, is made anew", () => {
  const { folder, start } = installation();
  // Ends when something else is kept than there was.
  const program = `
    const { readdirSync, readFileSync } = require("node:fs");
    const kept = require("node:path").dirname(__filename) + "/compiled";
    const read = () => { try { return readdirSync(kept).map((name) => readFileSync(kept + "/" + name, "hex")).join() } catch { return "" } };
    const before = read();
    const look = setInterval(() => {
      if (read() === before) return;
      clearInterval(look);
      process.stdout.write("fine");
    }, 5);`;
  writeFileSync(join(folder, "daemon.cjs"), program);
  expect(start()).toBe("fine");
  const [path = ""] = readdirSync(join(folder, "compiled")).map((name) => join(folder, "compiled", name));
  for (const part of [0.3, 0.8]) {
    const damaged = readFileSync(path);
    damaged.subarray(damaged.length * part, damaged.length * (part + 0.1)).fill(0);
    writeFileSync(path, damaged);
    expect(start()).toBe("fine");
    expect(readFileSync(path).equals(damaged)).toBe(false);
  }
});
