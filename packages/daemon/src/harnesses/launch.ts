import { nearest, toPlainText } from "@orchastration/protocol";
import { findPlaceholders, isPlaceholder, type Placeholder, placeholders, substitute } from "../domain/placeholders.ts";
import type { Agent } from "./agent.ts";
import type { Argv } from "./harness.ts";

export interface LaunchRequest {
  /** What to do; null: nothing is said, as when a conversation only goes on. */
  readonly prompt: string | null;
  /** Of the conversation to go on with; null: a new one. */
  readonly conversationId: string | null;
  /** A fresh UUID, for an agent that lets us name its new conversation. */
  readonly newConversationId: string;
  readonly placeholders: Readonly<Partial<Record<Placeholder, string>>>;
}

export interface Launch {
  readonly argv: Argv;
  /** To be typed into its terminal once it runs, with the key that sends it; null: nothing. */
  readonly stdin: string | null;
  /** Of the conversation that begins or goes on; null: the agent alone knows. */
  readonly conversationId: string | null;
}

/** An agent cannot be started as asked: a mistake in its configuration, or in what it was asked. */
export class LaunchRefused extends Error {
  readonly kind: "unknown-placeholder" | "cannot-resume" | "bad-conversation-id" | "prompt-too-long";

  constructor(kind: LaunchRefused["kind"], message: string) {
    super(message);
    this.name = "LaunchRefused";
    this.kind = kind;
  }
}

/** Linux takes 128 KiB for one argument, the final NUL included; the other systems less or as much for all together. */
const mostPromptBytes = 128 * 1024 - 1;
const mostPromptBytesOnWindows = 30_000;

export function canResume({ harness, resumeArgv }: Agent): boolean {
  return resumeArgv !== null || (harness !== null && harness.resumeArguments !== null);
}

/**
 * What to run for an agent, as argv: no shell ever reads any of it. Values are substituted once, and the prompt not at all.
 * @throws LaunchRefused
 */
export function launchOf(agent: Agent, request: LaunchRequest, platform: NodeJS.Platform = process.platform): Launch {
  const prompt = request.prompt?.replaceAll("\0", "") ?? null;
  const { argv, conversationId } = conversationOf(agent, request);
  if (prompt === null || prompt === "" || agent.prompt === "none") return { argv, stdin: null, conversationId };
  if (agent.prompt === "stdin") return { argv, stdin: typed(prompt), conversationId };
  const limit = platform === "win32" ? mostPromptBytesOnWindows : mostPromptBytes;
  const promptArguments = agent.harness?.promptArguments(guard(prompt)) ?? [guard(prompt)];
  for (const argument of promptArguments) {
    if (Buffer.byteLength(argument) <= limit) continue;
    const hint = `Shorten it, or let the agent read it from a file of the worktree.`;
    throw new LaunchRefused(
      "prompt-too-long",
      `the prompt is longer than ${limit} bytes, the most that an argument may be. ${hint}`,
    );
  }
  return { argv: [...argv, ...promptArguments], stdin: null, conversationId };
}

function conversationOf(agent: Agent, request: LaunchRequest): { argv: Argv; conversationId: string | null } {
  const { harness } = agent;
  const { conversationId, newConversationId } = request;
  if (conversationId === null) {
    const values = { ...request.placeholders, session_id: newConversationId };
    const argv = fill(agent, agent.argv, values);
    // Configuration that names the conversation itself knows better.
    if (agent.argv.flatMap(findPlaceholders).includes("session_id")) return { argv, conversationId: newConversationId };
    if (harness === null || harness.newConversationArguments === null) return { argv, conversationId: null };
    return {
      argv: [...argv, ...harness.newConversationArguments(newConversationId)],
      conversationId: newConversationId,
    };
  }
  // Somebody may have written it by hand: it must not be read as an option.
  if (!/^[A-Za-z0-9][\w.:-]{0,127}$/.test(conversationId)) {
    const text = toPlainText(conversationId).slice(0, 60);
    throw new LaunchRefused(
      "bad-conversation-id",
      `${JSON.stringify(text)} is no id of a conversation: use letters, digits, and . : _ -`,
    );
  }
  if (agent.resumeArgv !== null) {
    const values = { ...request.placeholders, session_id: conversationId };
    return { argv: fill(agent, agent.resumeArgv, values), conversationId };
  }
  if (harness === null || harness.resumeArguments === null) {
    const hint = `Say how in agents.${agent.name}.resume, with {session_id} in it.`;
    throw new LaunchRefused(
      "cannot-resume",
      `the agent ${agent.name} cannot go on with an earlier conversation. ${hint}`,
    );
  }
  const argv = fill(agent, agent.argv, { ...request.placeholders, session_id: conversationId });
  return { argv: [...argv, ...harness.resumeArguments(conversationId)], conversationId };
}

function fill(agent: Agent, argv: Argv, values: LaunchRequest["placeholders"]): Argv {
  const unknown = argv.flatMap(findPlaceholders).find((name) => !isPlaceholder(name));
  if (unknown !== undefined) {
    const [meant] = nearest(unknown, placeholders, 1);
    const suggestion = meant === undefined ? "" : `; did you mean {${meant}}?`;
    throw new LaunchRefused(
      "unknown-placeholder",
      `agents.${agent.name}: unknown placeholder {${unknown}}${suggestion}`,
    );
  }
  const [program = argv[0], ...args] = substitute(argv, values);
  return [program, ...args];
}

/** A word alone could be the name of a sub-command, and a dash begins an option: the space makes it text for every parser. */
function guard(prompt: string): string {
  return prompt.startsWith("-") || !/\s/.test(prompt) ? ` ${prompt}` : prompt;
}

/** Keys that a terminal acts on (interrupt, end of input, escape) are not typed. Enter is a carriage return. */
function typed(prompt: string): string {
  const lines = prompt.replaceAll(/\r\n?/g, "\n").split("\n");
  return `${lines.map(toPlainText).join("\n").trim()}\r`;
}
