import { formatGnuLine, toPlainText } from "@orchastration/protocol";
import type { HashAlgorithm, HashOutcome } from "@orchastration/protocol/contract";
import type { Action } from "../command.ts";
import { UsageError } from "../command-error.ts";
import type { hash } from "../commands/hash.ts";
import type { Context } from "../context.ts";
import { type Hashing, withHashing } from "../hashing/with-hashing.ts";

export const run: Action<typeof hash> = async (context, { file, paths, algo, check, format }) => {
  const files = [...file, ...paths];
  if ([...files, check].includes("-")) {
    throw new UsageError("hash does not read its standard input.", "Name files; sha256sum reads from a pipe.");
  }
  if (check !== undefined) {
    if (files.length > 0) throw new UsageError("--check takes the names from its list.", "Leave out the other files.");
    const { checkFiles } = await import("../hashing/check-files.ts");
    return await checkFiles(context, check, algo);
  }
  if (files.length === 0)
    throw new UsageError("There is nothing to hash.", "Write `orchastration hash --file <path>...`.");
  return await withHashing(context, async (hashing) => {
    const algorithm = algo ?? (await configuredAlgorithm(context, hashing));
    let exitCode = 0;
    for await (const outcomes of hashing.hash(files, algorithm)) {
      hashing.clearBar();
      if (outcomes.some((outcome) => "error" in outcome)) exitCode = 1;
      await printOutcomes(context, outcomes, format === "gnu" && !context.globals.json);
    }
    return exitCode;
  });
};

async function printOutcomes(
  { output, globals }: Context,
  outcomes: readonly HashOutcome[],
  isGnu: boolean,
): Promise<void> {
  if (globals.json) return await output.jsonLines<"hashLine">(outcomes);
  const hashed = outcomes.filter((outcome) => "hash" in outcome);
  if (!isGnu) await output.jsonLines<"hashLine">(hashed);
  else if (hashed.length > 0) await output.print(hashed.map(formatGnuLine).join("\n"));
  for (const outcome of outcomes) {
    if ("error" in outcome) await output.warn(`orchastration: ${toPlainText(outcome.error.message)}`);
  }
}

async function configuredAlgorithm({ caller }: Context, { client }: Hashing): Promise<HashAlgorithm> {
  const { entries } = await client.call("config.get", { context: caller });
  const value = entries.find(({ key }) => key === "hash.algorithm")?.value;
  return isAlgorithm(value) ? value : "sha256";
}

function isAlgorithm(value: unknown): value is HashAlgorithm {
  return value === "sha256" || value === "sha1" || value === "sha512";
}
