import { defineCommand } from "../../command-spec.ts";
import { orchestrationPositional } from "./positional.ts";

export const orchestrationStop = defineCommand({
  name: "orchestration stop",
  summary: "Stop an orchestration: the steps that are at work, and all further ones",
  positionals: [orchestrationPositional],
  examples: [{ line: "orchestration stop feature", meaning: "`orchestration run feature --resume` goes on later." }],
  json: { document: "orchestrationRecord" },
});
