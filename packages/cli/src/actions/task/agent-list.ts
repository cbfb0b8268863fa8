import type { AgentView, RoleView } from "@orchastration/protocol/contract";
import type { Action } from "../../command.ts";
import type { agentList } from "../../commands/task/agent-list.ts";
import { formatArgv } from "../../output/format.ts";
import { wholeEnvironment } from "../run-options.ts";

export const run: Action<typeof agentList> = async (context) => {
  const { agents, roles } = await context.ask("agent.list", {
    context: context.caller,
    environment: wholeEnvironment(context.env),
  });
  if (context.globals.json) {
    await context.output.json<"agentList">({
      agents: agents.map(({ name, argv, isBuiltIn, prompt, onExit, canResume, program }) => ({
        name,
        argv,
        built_in: isBuiltIn,
        prompt,
        on_exit: onExit,
        resumes: canResume,
        program,
      })),
      roles: roles.map(({ argv, ...role }) => ({ ...role, argv: argv === null ? null : [...argv] })),
    });
    return 0;
  }
  const { printTable } = await import("../../output/table.ts");
  await printTable(context, columns, agents);
  if (context.stdout.isTTY) await context.output.print("");
  await printTable(context, roleColumns, roles);
  return 0;
};

const columns = [
  { title: "AGENT", value: ({ name }: AgentView) => name },
  { title: "DEFINED", value: ({ isBuiltIn }: AgentView) => (isBuiltIn ? "built in" : "configured") },
  { title: "COMMAND", value: ({ argv }: AgentView) => formatArgv(argv) },
  { title: "RESUMES", value: ({ canResume }: AgentView) => (canResume ? "yes" : "no") },
  { title: "PROGRAM", value: ({ program }: AgentView) => program ?? "not found" },
];

const roleColumns = [
  { title: "ROLE", value: ({ name }: RoleView) => name },
  { title: "DEFINED", value: ({ argv }: RoleView) => (argv === null ? "built in" : "configured") },
  { title: "COMMAND", value: ({ argv }: RoleView) => (argv === null ? "-" : formatArgv(argv)) },
  { title: "CAPABILITIES", value: ({ capabilities }: RoleView) => capabilities.join(", ") },
  { title: "PROGRAM", value: ({ argv, program }: RoleView) => program ?? (argv === null ? "-" : "not found") },
];
