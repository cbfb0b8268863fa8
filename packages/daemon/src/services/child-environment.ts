import type { TerminalSize } from "@orchastration/protocol/contract";
import { SESSION_MARKER } from "@orchastration/protocol/supervisor";
import type { Argv } from "../config/schema.ts";

export type Environment = Readonly<Record<string, string>>;

/** What a child inherits as it would from a shell of the caller. Held in memory until the spawn; values never reach the registry. */
export interface Inheritance {
  readonly env: Environment;
  readonly umask: number | null;
  /** Size of its terminal, if it gets one. */
  readonly terminal: TerminalSize;
  /** Only of the agent of a task: what is done before it is spawned. */
  readonly preparation?: Preparation;
}

/** How the worktree of a task is made ready, as configuration said when the start was asked for. */
export interface Preparation {
  /** Patterns of ignored files that are copied. */
  readonly include: readonly string[];
  readonly setup: Argv | null;
  /** Typed into the terminal as soon as the agent lives; null: nothing. */
  readonly input: string | null;
}

export interface ChildEnvironmentSources {
  /** The whole environment of the client that asked. */
  readonly caller: Environment;
  /** Patterns of names that pass from the caller (`daemon.environment`): `*` stands for any characters. */
  readonly allowed: readonly string[];
  /** Later wins. */
  readonly configured: Environment;
  readonly overrides: Environment;
  /** What the product adds about itself. */
  readonly facts: Environment;
}

/**
 * Names of the caller's environment that describe the caller itself, not the command: the marker of a session it may run in, and the role of our
 * own processes. A child that inherited them would be taken for part of that session.
 */
const NEVER_INHERITED: ReadonlySet<string> = new Set([SESSION_MARKER, "ORCHASTRATION_ROLE"]);

/** What a child gets: what a shell of the caller would give it, narrowed by configuration, plus what configuration and the product add. */
export function childEnvironment(sources: ChildEnvironmentSources): Environment {
  const isAllowed = nameMatcher(sources.allowed);
  const inherited = Object.entries(sources.caller).filter(([name]) => isAllowed(name) && !NEVER_INHERITED.has(name));
  return { ...Object.fromEntries(inherited), ...sources.configured, ...sources.overrides, ...sources.facts };
}

/** An environment as another run may have it, too: without the one variable that names the run itself. */
export function comparableEnvironment({ [SESSION_MARKER]: _ownId, ...env }: Environment): Environment {
  return env;
}

function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.includes("*")) return () => true;
  const expressions = patterns.map(
    (pattern) => new RegExp(`^${pattern.split("*").map(escapeExpression).join(".*")}$`, "s"),
  );
  return (name) => expressions.some((expression) => expression.test(name));
}

function escapeExpression(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
