import { z } from "zod";
import { defineMethods } from "../define.ts";
import { argv, context } from "../entities.ts";
import { agentRole } from "../orchestration.ts";
import { exampleContext } from "./examples.ts";
import { runOptions } from "./job.ts";

/** A definition of an agent, built in or configured. */
const agentView = z.object({
  name: z.string(),
  argv: z.array(z.string()),
  isBuiltIn: z.boolean(),
  prompt: z.enum(["argv", "stdin", "none"]),
  onExit: z.enum(["stop", "complete"]),
  canResume: z.boolean(),
  program: z.string().nullable().describe("Where its program was found on the caller's PATH; null: nowhere."),
});
export type AgentView = z.infer<typeof agentView>;

/** A role of orchestrations. */
const roleView = z.object({
  name: agentRole,
  capabilities: z.array(z.string()).describe("What it does when no program is bound to it."),
  writes: z.array(z.string()).describe("Keys of the shared context that are its own."),
  argv: argv.nullable().describe("The program that configuration binds to it; null: it is built in."),
  program: z
    .string()
    .nullable()
    .describe("Where that was found on the caller's PATH; null: nowhere, or none is bound."),
});
export type RoleView = z.infer<typeof roleView>;

export const agentMethods = defineMethods({
  "agent.list": {
    summary: "The agents that can work on tasks, built in and configured, and the roles of orchestrations.",
    since: "0.3.0",
    params: z.object({ context, environment: runOptions.environment.optional() }),
    result: z.object({ agents: z.array(agentView), roles: z.array(roleView) }),
    errors: ["ConfigInvalid"],
    example: {
      params: { context: exampleContext },
      result: {
        agents: [
          {
            name: "codex",
            argv: ["codex"],
            isBuiltIn: true,
            prompt: "argv",
            onExit: "stop",
            canResume: true,
            program: "/usr/bin/codex",
          },
        ],
        roles: [
          {
            name: "PlannerAgent",
            capabilities: ["plan.create"],
            writes: ["plan.goal", "plan.tasks"],
            argv: null,
            program: null,
          },
        ],
      },
    },
  },
});
