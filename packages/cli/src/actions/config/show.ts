import { toPlainText } from "@orchastration/protocol";
import type { Result } from "@orchastration/protocol/contract";
import type { Action } from "../../command.ts";
import type { configShow } from "../../commands/config/show.ts";
import { formatProblem } from "../../output/problem.ts";

type Entry = Result<"config.get">["entries"][number];

export const run: Action<typeof configShow> = async ({ connect, caller, globals, output }, { origin }) => {
  const client = await connect();
  const { entries, warnings } = await client.call("config.get", { context: caller });
  if (globals.json) {
    await output.json<"configValues">({
      entries: entries.map(({ key, value, layer, file, line }) => ({ key, value, layer, file, line })),
    });
    return 0;
  }
  for (const entry of entries) {
    const value = `${entry.key} = ${JSON.stringify(entry.value)}`;
    await output.print(toPlainText(origin ? `${value}  # ${originOf(entry)}` : value));
  }
  for (const warning of warnings) await output.warn(formatProblem(warning));
  return 0;
};

function originOf({ layer, file, line }: Entry): string {
  if (file === null) return layer;
  return line === null ? `${layer} ${file}` : `${layer} ${file}:${line}`;
}
