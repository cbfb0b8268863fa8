import { type Agent, type AgentSettings, findAgent } from "../../src/harnesses/agent.ts";
import type { LaunchRequest } from "../../src/harnesses/launch.ts";

export const surroundings = { env: { SHELL: "/bin/zsh" }, platform: "linux" } as const;
export const conversation = "ses_0198f3.a-b:c";
export const fresh = "2f1f0a9b-8c7d-4a3e-9e1d-3f9f74a66b7c";

export function request(parts: Partial<LaunchRequest>): LaunchRequest {
  return { prompt: null, conversationId: null, newConversationId: fresh, placeholders: {}, ...parts };
}

/** Built in, or configured with `settings`. */
export function agentOf(name: string, settings?: Partial<AgentSettings>): Agent {
  const defaults = { name, argv: ["my-agent"], resumeArgv: null, prompt: "argv", onExit: "stop" } as const;
  const configured = settings === undefined ? [] : [[name, { ...defaults, ...settings }] as const];
  const agent = findAgent(name, new Map(configured), surroundings);
  if (agent === undefined) throw new Error(`no agent ${name}`);
  return agent;
}
