import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandTable } from "../../packages/cli/src/commands/index.ts";
import { WRITTEN_WIDTHS, writtenPage } from "../../packages/cli/src/parse/help.ts";
import { makeHelp } from "../../packages/cli/src/parse/yargs.ts";
import { createHome, PROJECT_ROOT } from "../support/home.ts";

const written = (path: readonly string[], width: number): string =>
  readFileSync(join(PROJECT_ROOT, "packages/cli/dist/help", writtenPage(path, width)), "utf8");

test("the build wrote down the help of every command and group as the table has it", async () => {
  const names = [...commandTable.commands, ...commandTable.groups].map(({ name }) => name.split(" "));
  for (const path of [[], ...names]) {
    for (const width of WRITTEN_WIDTHS) expect(written(path, width)).toBe(await makeHelp(commandTable, path, width));
  }
});

test("--help prints the page that the build wrote", async () => {
  await using home = createHome();
  const pages = [
    { words: ["--help"], path: [] },
    { words: ["status", "--help"], path: ["status"] },
    { words: ["daemon", "-h", "start"], path: ["daemon", "start"] },
  ];
  for (const { words, path } of pages) {
    expect(await home.cli(words)).toMatchObject({ code: 0, stdout: `${written(path, 100)}\n`, stderr: "" });
  }
});
