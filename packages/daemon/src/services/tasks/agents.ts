import { nearest, OrchastrationError } from "@orchastration/protocol";
import { type AgentView, agentRole, type Params, type Result, type RoleView } from "@orchastration/protocol/contract";
import type { Config } from "../../config/config.ts";
import { isAgentRole, ROLES } from "../../domain/agent-roles.ts";
import { type Agent, findAgent, listAgents } from "../../harnesses/agent.ts";
import { canResume } from "../../harnesses/launch.ts";
import type { Environment } from "../child-environment.ts";
import type { ConfigService } from "../config.ts";
import { resolveExecutable } from "../resolve-executable.ts";

/** The agent that works by hand is never chosen for anybody. */
export const BY_HAND = "shell";

/**
 * The agent a task names, or the one that is meant when it names none: the only configured one, else the first built-in one whose program the
 * caller has.
 * @throws OrchastrationError AgentNotFound
 */
export function chooseAgent(name: string | null, { agents }: Config, env: Environment, directory: string): Agent {
  const surroundings = { env, platform: process.platform };
  if (name !== null) {
    const agent = findAgent(name, agents, surroundings);
    if (agent !== undefined) return agent;
    throw notFound(name, listAgents(agents, surroundings));
  }
  const all = listAgents(agents, surroundings).filter((agent) => !isAgentRole(agent.name));
  const configured = all.filter((agent) => agents.has(agent.name));
  const [only] = configured;
  if (only !== undefined && configured.length === 1) return only;
  const candidates = configured.length > 1 ? [] : all.filter((agent) => agent.name !== BY_HAND);
  const installed = candidates.find((agent) => findProgram(agent, env, directory) !== null);
  if (installed !== undefined) return installed;
  const names = (configured.length > 1 ? configured : candidates).map((agent) => agent.name);
  const why =
    configured.length > 1
      ? `the task names no agent, and several are configured: ${names.join(", ")}`
      : `the task names no agent, none is configured, and none of ${names.join(", ")} is on the PATH`;
  throw new OrchastrationError("AgentNotFound", why, {
    hint: `Name one: \`orchastration new --agent <name>\`, or \`agent: <name>\` in the task's file; \`${BY_HAND}\` works by hand.`,
  });
}

/** @throws OrchastrationError AgentNotFound */
export function requireAgent(name: string, { agents }: Config): void {
  const surroundings = { env: {}, platform: process.platform };
  if (findAgent(name, agents, surroundings) === undefined) throw notFound(name, listAgents(agents, surroundings));
}

export function createListAgents(config: Pick<ConfigService, "load" | "surroundings">) {
  return async ({ context, environment }: Params<"agent.list">): Promise<Result<"agent.list">> => {
    const { agents } = (await config.load(context)).config;
    const env = environment ?? {};
    const { repository } = await config.surroundings(context);
    const show = (agent: Agent): AgentView => ({
      name: agent.name,
      argv: [...agent.argv],
      isBuiltIn: !agents.has(agent.name),
      prompt: agent.prompt,
      onExit: agent.onExit,
      canResume: canResume(agent),
      program: findProgram(agent, env, context.cwd, repository ?? undefined),
    });
    const all = listAgents(agents, { env, platform: process.platform });
    const roles = agentRole.options.map((name): RoleView => {
      const bound = all.find((agent) => agent.name === name);
      return {
        name,
        capabilities: [...ROLES[name].capabilities],
        writes: [...ROLES[name].writes],
        argv: bound === undefined ? null : bound.argv,
        program: bound === undefined ? null : findProgram(bound, env, context.cwd, repository ?? undefined),
      };
    });
    return { agents: all.filter(({ name }) => !isAgentRole(name)).map(show), roles };
  };
}

function findProgram({ argv }: Agent, env: Environment, directory: string, distrusted?: string): string | null {
  try {
    return resolveExecutable(argv[0], directory, env, distrusted);
  } catch {
    return null;
  }
}

function notFound(name: string, known: readonly Agent[]): OrchastrationError {
  const names = known.map((agent) => agent.name);
  const close = nearest(name, names);
  return new OrchastrationError("AgentNotFound", `no agent is called "${name}"`, {
    details: { agent: name, nearest: close },
    hint: `${close.length === 0 ? "" : `Did you mean ${close.join(" or ")}? `}There are: ${names.join(", ")}.`,
  });
}
