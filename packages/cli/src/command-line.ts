import { VERSION } from "@orchastration/protocol";
import { commandTable } from "./commands/index.ts";
import type { Surroundings } from "./context.ts";
import { invoke } from "./invoke.ts";
import { createOutput } from "./output/output.ts";
import { readCommandLine } from "./parse/fast-path.ts";
import { helpFor } from "./parse/help.ts";
import { reportError } from "./report-error.ts";

/** Carries out a command line and answers the exit code of the process. Never throws. */
export async function runCommandLine(words: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    return await carryOut(words, surroundings);
  } catch (error) {
    return await reportError(error, surroundings, asksForJson(words));
  }
}

async function carryOut(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const reading = readCommandLine(commandTable, words);
  switch (reading.type) {
    case "invocation":
      return await invoke(reading.invocation, surroundings);
    case "unusual": {
      const { parseWithYargs } = await import("./parse/yargs.ts");
      return await invoke(await parseWithYargs(commandTable, words), surroundings);
    }
    case "help": {
      const { helpDir, stdout } = surroundings;
      const text = await helpFor(commandTable, reading.path, { folder: helpDir, columns: stdout.columns });
      await createOutput(surroundings, false).print(text);
      return 0;
    }
    case "version": {
      const output = createOutput(surroundings, false);
      if (asksForJson(words))
        await output.json<"version">({ name: "orchastration", version: VERSION, node: process.versions.node });
      else await output.print(VERSION);
      return 0;
    }
  }
}

function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end === -1 ? undefined : end).includes("--json");
}
