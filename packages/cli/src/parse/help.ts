import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandTable } from "../command-spec.ts";

/** Longer lines are hard to read: no terminal gets any. */
const LONGEST_LINE = 100;

/** The widths for which the build writes every page down: what most terminals have, and what is no terminal gets. */
export const WRITTEN_WIDTHS: readonly number[] = [LONGEST_LINE, 80];

/** Where a page lies in the folder of written help. */
export function writtenPage(path: readonly string[], width: number): string {
  return join(String(width), `${["orchastration", ...path].join("-")}.txt`);
}

/**
 * Help for a command, for the commands of a group, or for everything, as the build wrote it into `folder`: making it takes three times as long as
 * starting Node. It is made where nothing is written for so narrow a terminal.
 */
export async function helpFor(
  table: CommandTable,
  path: readonly string[],
  { folder, columns = LONGEST_LINE }: { readonly folder: string; readonly columns: number | undefined },
): Promise<string> {
  const width = WRITTEN_WIDTHS.find((width) => width <= columns);
  const written = width === undefined ? undefined : readIfPresent(join(folder, writtenPage(path, width)));
  if (written !== undefined) return written;
  const { makeHelp } = await import("./yargs.ts");
  return await makeHelp(table, path, width ?? columns);
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
