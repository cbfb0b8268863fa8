import { posix, win32 } from "node:path";
import type { Argv, Harness, Surroundings } from "./harness.ts";
import { harnesses } from "./index.ts";

/** An agent as configuration describes it. */
export interface AgentSettings {
  readonly name: string;
  readonly argv: Argv;
  /** Continues an earlier conversation, with `{session_id}` in it; null: as its harness knows, if it has one. */
  readonly resumeArgv: Argv | null;
  readonly prompt: "argv" | "stdin" | "none";
  readonly onExit: "stop" | "complete";
}

export interface Agent extends AgentSettings {
  /** null: a program that we know nothing about. */
  readonly harness: Harness | null;
}

/**
 * The agent of that name: configured, or built in. A configured one whose program or name is that of a harness is driven as
 * the harness knows, with the configured words: `[agents.BuilderAgent] command = ["codex", "--search"]`.
 */
export function findAgent(
  name: string,
  configured: ReadonlyMap<string, AgentSettings>,
  surroundings: Surroundings,
): Agent | undefined {
  const settings = configured.get(name);
  if (settings !== undefined) return { ...settings, harness: findHarness(settings) };
  const harness = harnesses.find((known) => known.name === name);
  return harness === undefined ? undefined : builtInAgent(harness, surroundings);
}

/** Every agent a task may name: the configured ones first. */
export function listAgents(configured: ReadonlyMap<string, AgentSettings>, surroundings: Surroundings): Agent[] {
  const names = new Set([...configured.keys(), ...harnesses.map(({ name }) => name)]);
  return [...names].flatMap((name) => findAgent(name, configured, surroundings) ?? []);
}

function builtInAgent(harness: Harness, surroundings: Surroundings): Agent {
  const { name } = harness;
  return { name, harness, argv: harness.command(surroundings), resumeArgv: null, prompt: "argv", onExit: "stop" };
}

function findHarness({ name, argv }: AgentSettings): Harness | null {
  const program = win32.basename(posix.basename(argv[0])).replace(/\.(exe|cmd)$/i, "");
  return harnesses.find((known) => known.name === program) ?? harnesses.find((known) => known.name === name) ?? null;
}
