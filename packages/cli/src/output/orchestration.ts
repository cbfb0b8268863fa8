import { orchestrationRecordOf, toPlainText } from "@orchastration/protocol";
import type { Orchestration, OrchestrationStep } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";
import { formatDuration } from "./format.ts";

/** The steps, what the roles wrote, and how it ended; with `--json` the record. */
export async function printOrchestration(context: Context, orchestration: Orchestration): Promise<void> {
  const { output, globals } = context;
  if (globals.json) return output.json<"orchestrationRecord">(orchestrationRecordOf(orchestration));
  const { printTable } = await import("./table.ts");
  await printTable(context, columns, orchestration.steps);
  for (const [key, value] of Object.entries(orchestration.context)) {
    const text = plainValue(value);
    if (text !== "") await output.print(`${key}: ${text}`);
  }
}

/** One line for people: how an orchestration stands or ended. */
export function orchestrationSummary({ name, state }: Orchestration): string {
  const message = "message" in state && state.message !== null ? `: ${state.message}` : "";
  const duration = "durationMs" in state ? ` duration_ms=${state.durationMs}` : "";
  return toPlainText(`orchestration=${name} status=${state.status}${duration}${message}`);
}

function plainValue(value: string | readonly string[] | null): string {
  if (value === null) return "";
  if (typeof value !== "string") return value.map(toPlainText).join(", ");
  const lines = value.split("\n").map(toPlainText);
  return lines.length > 1 ? `\n${lines.map((line) => `  ${line}`).join("\n")}` : lines.join("");
}

const columns = [
  { title: "GROUP", value: ({ group }: OrchestrationStep) => String(group + 1) },
  { title: "ROLE", value: ({ role }: OrchestrationStep) => role },
  { title: "STATUS", value: ({ state }: OrchestrationStep) => state.status },
  {
    title: "TOOK",
    value: ({ state }: OrchestrationStep) => (state.status === "running" ? "-" : formatDuration(state.durationMs)),
  },
  { title: "RUN", value: ({ run }: OrchestrationStep) => run ?? "-" },
  {
    title: "MESSAGE",
    value: ({ state }: OrchestrationStep) => (state.status === "running" ? "" : (state.message ?? "")),
  },
];
