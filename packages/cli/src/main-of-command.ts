import { createRequire } from "node:module";
import { UsageError } from "./command-error.ts";
import { commandTable } from "./commands/index.ts";
import { invoke } from "./invoke.ts";
import { readCommandLine } from "./parse/fast-path.ts";
import type { Invocation } from "./parse/interpret.ts";
import { processSurroundings } from "./process-surroundings.ts";
import { reportError } from "./report-error.ts";

// A bundle with one command in its table: loading all of them would be half of what a short command costs. Whatever is no plain use of that
// command (help, a mistake, an unusual form) goes to the complete bundle, before anything has been done.

function findInvocation(words: readonly string[]): Invocation | undefined {
  try {
    const reading = readCommandLine(commandTable, words);
    return reading.type === "invocation" ? reading.invocation : undefined;
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

const invocation = findInvocation(process.argv.slice(2));
if (invocation === undefined) {
  createRequire(`${__dirname}/`)("./main.cjs");
} else {
  void invoke(invocation, processSurroundings)
    .catch((error: unknown) => reportError(error, processSurroundings, invocation.globals.json))
    .then((exitCode) => process.exit(exitCode));
}
