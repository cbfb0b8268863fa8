import { defineCommand } from "../../command-spec.ts";

export const agentList = defineCommand({
  name: "agent list",
  summary: "List the agents that can work on tasks, and the roles of orchestrations",
  examples: [
    { line: "agent list", meaning: "Built in and configured, what they can do, and whether their programs are there." },
  ],
  json: { document: "agentList" },
});
