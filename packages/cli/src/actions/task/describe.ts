import { toPlainText } from "@orchastration/protocol";
import type { Context } from "../../context.ts";
import { taskDocument } from "../../output/task.ts";

/** Everything about one task. */
export async function describeTask(context: Context, reference: string): Promise<number> {
  const { task } = await context.ask("task.get", { context: context.caller, task: reference });
  const document = taskDocument(task);
  if (context.globals.json) {
    await context.output.json<"task">(document);
    return 0;
  }
  const { activity, labels, problems, ...facts } = document;
  const lines: [string, string][] = Object.entries(facts).flatMap(([name, value]): [string, string][] =>
    value === null ? [] : [[name, String(value)]],
  );
  if (labels.length > 0) lines.push(["labels", labels.join(", ")]);
  if (activity !== null) lines.push(["activity", `${activity.state}: ${activity.reason}`]);
  for (const problem of problems) lines.push(["problem", problem]);
  const width = Math.max(...lines.map(([name]) => name.length));
  await context.output.print(lines.map(([name, value]) => `${name.padEnd(width)}  ${toPlainText(value)}`).join("\n"));
  return 0;
}
