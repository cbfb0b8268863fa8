import { defineCommand } from "../../command-spec.ts";

export const orchestrationRun = defineCommand({
  name: "orchestration run",
  summary: "Run the roles of an orchestration, in order and side by side, with a shared context",
  positionals: [{ name: "name", description: "Name of the orchestration", isRequired: true }],
  options: {
    goal: { type: "string", valueName: "text", description: "What is to be reached; every role reads it" },
    task: { type: "string", valueName: "task", description: "The task that is worked on" },
    resume: { type: "boolean", description: "Go on with the newest run, after the last group that had finished" },
    detach: { type: "boolean", short: "d", description: "Print its id and leave it running" },
    env: { type: "list", short: "e", valueName: "NAME=VALUE", description: "Set a variable for what it starts" },
  },
  examples: [
    {
      line: 'orchestration run feature --task report --goal "Ship the report"',
      meaning: "Follow it to its end; the first Ctrl-C stops it, the second leaves it running.",
    },
    { line: "orchestration run feature --resume", meaning: "Go on where it failed or was interrupted." },
  ],
  json: { document: "orchestrationRecord" },
});
