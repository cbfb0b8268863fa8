import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { commandTable } from "../../src/commands/index.ts";
import { helpFor, writtenPage } from "../../src/parse/help.ts";
import { makeHelp } from "../../src/parse/yargs.ts";

describe("help", () => {
  function folderWith(path: readonly string[], ...widths: readonly number[]): string {
    const folder = temporaryDirectory();
    for (const width of widths) {
      const file = join(folder, writtenPage(path, width));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `written for ${width}`);
    }
    return folder;
  }

  test.each([
    [undefined, 100],
    [200, 100],
    [100, 100],
    [99, 80],
    [80, 80],
  ])("for %s columns is the page written for %i", async (columns, width) => {
    const folder = folderWith(["task", "start"], 80, 100);
    expect(await helpFor(commandTable, ["task", "start"], { folder, columns })).toBe(`written for ${width}`);
  });

  test("for a narrow terminal is made to fit", async () => {
    const folder = folderWith(["runs"], 80, 100);
    expect(await helpFor(commandTable, ["runs"], { folder, columns: 60 })).toBe(
      await makeHelp(commandTable, ["runs"], 60),
    );
  });

  test("is made where nothing is written", async () => {
    const folder = folderWith(["runs"], 80);
    expect(await helpFor(commandTable, ["runs"], { folder, columns: undefined })).toBe(
      await makeHelp(commandTable, ["runs"], 100),
    );
  });
});
