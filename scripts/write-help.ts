import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandTable } from "../packages/cli/src/commands/index.ts";
import { WRITTEN_WIDTHS, writtenPage } from "../packages/cli/src/parse/help.ts";
import { makeHelp } from "../packages/cli/src/parse/yargs.ts";

// Part of the build: every page of help, for the common widths.
const folder = fileURLToPath(new URL("../packages/cli/dist/help", import.meta.url));
rmSync(folder, { recursive: true, force: true });
const paths = [[], ...[...commandTable.commands, ...commandTable.groups].map(({ name }) => name.split(" "))];
for (const path of paths) {
  for (const width of WRITTEN_WIDTHS) {
    const file = join(folder, writtenPage(path, width));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, await makeHelp(commandTable, path, width));
  }
}
