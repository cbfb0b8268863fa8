/** What we know about driving one agent program. A difference between programs is a value here, never a question for the name. */
export interface Harness {
  /** As a person names the agent, and as its program is called. */
  readonly name: string;
  /** What starts it where configuration says nothing. */
  command(surroundings: Surroundings): Argv;
  /** How it is told what to do: arguments, or nothing where it takes no prompt. */
  promptArguments(prompt: string): readonly string[];
  /** null: it cannot go on with an earlier conversation. */
  readonly resumeArguments: ((conversationId: string) => readonly string[]) | null;
  /** null: it names a new conversation itself, and somebody must tell us how. */
  readonly newConversationArguments: ((conversationId: string) => readonly string[]) | null;
  /** Variables it reads beside those of every program, as patterns: what `daemon.environment` must let through. */
  readonly environment: readonly string[];
  /** What it reads in a repository and may run by its own rules, relative to the root. */
  readonly folders: readonly string[];
}

export type Argv = readonly [program: string, ...args: string[]];

/** Where a session will run. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly platform: NodeJS.Platform;
}
