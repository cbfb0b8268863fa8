import { defineCommand } from "../../command-spec.ts";

export const auditShow = defineCommand({
  name: "audit show",
  summary: "Show the event log",
  options: {
    follow: { type: "boolean", short: "f", description: "Go on with every event that is committed" },
    run: { type: "string", valueName: "run", description: "Only events of this run" },
    task: { type: "string", valueName: "task", description: "Only events of this task and of its runs" },
    since: {
      type: "number",
      valueName: "seq",
      isInteger: true,
      description: "Only events after this one; without --limit all of them",
    },
    limit: {
      type: "number",
      short: "n",
      valueName: "count",
      isInteger: true,
      min: 1,
      description: "At most so many; otherwise the newest 50",
    },
  },
  examples: [
    { line: "audit show", meaning: "The newest events: when, who, what." },
    { line: "audit show --run 7k3m", meaning: "The life of one run." },
    { line: "audit show --task 3 --follow", meaning: "What becomes of a task, as it happens." },
    { line: "audit show --since 0 --json", meaning: "The whole log as it is stored, a line per event with its hash." },
  ],
  json: { document: "auditEntry", isPerLine: true },
});
