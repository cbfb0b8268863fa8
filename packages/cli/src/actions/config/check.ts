import type { Action } from "../../command.ts";
import type { configCheck } from "../../commands/config/check.ts";
import { formatProblem } from "../../output/problem.ts";
import { fileDocument } from "./file-document.ts";

const EXIT_BAD_CONFIGURATION = 78;

export const run: Action<typeof configCheck> = async ({ connect, caller, globals, output }) => {
  const client = await connect();
  const { files, problems } = await client.call("config.check", { context: caller });
  const exitCode = problems.some(({ severity }) => severity === "error") ? EXIT_BAD_CONFIGURATION : 0;
  if (globals.json) {
    await output.json<"configProblems">({ files: files.map(fileDocument), problems: [...problems] });
    return exitCode;
  }
  for (const problem of problems) await output.print(formatProblem(problem));
  if (problems.length === 0) {
    const read = files.filter(({ exists, isUsed }) => exists && isUsed).map(({ file }) => file);
    await output.note(
      read.length === 0
        ? "There is no configuration file: the defaults are in force."
        : `No mistakes in ${read.join(", ")}.`,
    );
  }
  return exitCode;
};
