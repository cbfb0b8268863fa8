import { readFileSync } from "node:fs";
import { type ChecksumLine, messageOf, parseGnuLine, toPlainText } from "@orchastration/protocol";
import type { HashAlgorithm, HashOutcome } from "@orchastration/protocol/contract";
import { CommandError } from "../command-error.ts";
import type { Context } from "../context.ts";
import { count } from "../output/format.ts";
import { toAbsolute } from "./hash-files.ts";
import { withHashing } from "./with-hashing.ts";

interface Tally {
  failed: number;
  unreadable: number;
}

/** Checks the digests of a list as `sha256sum -c` does, in words and exit code. */
export async function checkFiles(
  context: Context,
  list: string,
  algorithm: HashAlgorithm | undefined,
): Promise<number> {
  const { lines, malformed } = readList(toAbsolute(context.cwd, list), algorithm);
  if (lines.length === 0) {
    throw new CommandError("NoChecksumLines", `${list}: no properly formatted checksum line was found.`, {
      hint: "Each line has a digest, two blanks and a file name, as `sha256sum` and `orchastration hash --format gnu` print them.",
    });
  }
  return await withHashing(context, async ({ hash, clearBar }) => {
    const tally: Tally = { failed: 0, unreadable: 0 };
    for (const group of groupByAlgorithm(lines)) {
      let index = 0;
      const names = group.map(({ file }) => file);
      for await (const outcomes of hash(names, group[0].algorithm)) {
        clearBar();
        for (const outcome of outcomes) {
          const expected = group[index++];
          if (expected !== undefined) await printVerdict(context, expected, outcome, tally);
        }
      }
    }
    await warnOf(context, tally, malformed);
    return tally.failed + tally.unreadable === 0 ? 0 : 1;
  });
}

function readList(path: string, algorithm: HashAlgorithm | undefined) {
  const lines: ChecksumLine[] = [];
  let malformed = 0;
  for (const text of readText(path).split("\n")) {
    if (text.trim() === "" || text.startsWith("#")) continue;
    const line = parseGnuLine(text);
    if (line === undefined || (algorithm !== undefined && line.algorithm !== algorithm)) malformed++;
    else lines.push(line);
  }
  return { lines, malformed };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CommandError("ListUnreadable", `The list cannot be read: ${messageOf(error)}.`, {
      hint: "Name a file as `sha256sum` or `orchastration hash --format gnu` write it.",
    });
  }
}

type Group = [ChecksumLine, ...ChecksumLine[]];

/** Neighbours of one algorithm are hashed together; the order of the list stays. */
function groupByAlgorithm(lines: readonly ChecksumLine[]): readonly Group[] {
  const groups: Group[] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last !== undefined && last[0].algorithm === line.algorithm) last.push(line);
    else groups.push([line]);
  }
  return groups;
}

async function printVerdict(
  { globals, output }: Context,
  { file, algorithm, hash }: ChecksumLine,
  outcome: HashOutcome,
  tally: Tally,
): Promise<void> {
  if ("error" in outcome) {
    tally.unreadable++;
    if (globals.json) return await output.jsonLine<"hashLine">({ file, error: outcome.error });
    await output.warn(`orchastration: ${toPlainText(outcome.error.message)}`);
    return await output.print(`${toPlainText(file)}: FAILED open or read`);
  }
  const isEqual = outcome.hash === hash;
  if (!isEqual) tally.failed++;
  if (globals.json) return await output.jsonLine<"hashLine">({ file, algorithm, status: isEqual ? "ok" : "failed" });
  if (!isEqual || !globals.quiet) await output.print(`${toPlainText(file)}: ${isEqual ? "OK" : "FAILED"}`);
}

async function warnOf({ output, globals }: Context, { failed, unreadable }: Tally, malformed: number): Promise<void> {
  if (globals.json) return;
  const warn = (text: string) => output.warn(`orchastration: WARNING: ${text}`);
  if (malformed > 0) await warn(`${count(malformed, "line")} ${malformed === 1 ? "is" : "are"} improperly formatted`);
  if (unreadable > 0) await warn(`${count(unreadable, "listed file")} could not be read`);
  if (failed > 0) await warn(`${count(failed, "computed checksum")} did NOT match`);
}
