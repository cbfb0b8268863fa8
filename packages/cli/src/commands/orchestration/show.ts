import { defineCommand } from "../../command-spec.ts";
import { orchestrationPositional } from "./positional.ts";

export const orchestrationShow = defineCommand({
  name: "orchestration show",
  summary: "Show the newest run of an orchestration: steps, context, outcome",
  positionals: [orchestrationPositional],
  examples: [{ line: "orchestration show feature", meaning: "Who did what, how long it took, and what they wrote." }],
  json: { document: "orchestrationRecord" },
});
