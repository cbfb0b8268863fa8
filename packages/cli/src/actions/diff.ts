import { jobRecordOf } from "@orchastration/protocol";
import type { Difference } from "@orchastration/protocol/contract";
import type { Action } from "../command.ts";
import type { diff } from "../commands/diff.ts";

export const run: Action<typeof diff> = async (context, { left, right }) => {
  const result = await context.ask("run.diff", { context: context.caller, left, right });
  if (context.globals.json) {
    const { differences } = result;
    await context.output.json<"runDifference">({
      left: jobRecordOf(result.left),
      right: jobRecordOf(result.right),
      differences: differences.map(({ field, left, right }) => ({ field, left, right })),
    });
    return 0;
  }
  if (result.differences.length === 0) {
    await context.output.note(`Runs ${result.left.id} and ${result.right.id} do not differ.`);
    return 0;
  }
  const columns = [
    { title: "FIELD", value: ({ field }: Difference) => field },
    { title: result.left.id, value: ({ left }: Difference) => asText(left) },
    { title: result.right.id, value: ({ right }: Difference) => asText(right) },
  ];
  const { printTable } = await import("../output/table.ts");
  await printTable(context, columns, result.differences);
  return 0;
};

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}
