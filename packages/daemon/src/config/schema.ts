import { isAbsolute } from "node:path";
import { z } from "zod";

/*
 * The message of every rule is what the file should have said there: `explain-error.ts` puts "expected" before it.
 * Rules that look at more than one value (names, placeholders) stand in `check-rules.ts`.
 */

const logLevels = ["off", "error", "warn", "info", "debug", "trace"] as const;
const hashAlgorithms = ["sha256", "sha1", "sha512"] as const;
const agentRoles = ["PlannerAgent", "BuilderAgent", "ReviewerAgent", "DocAgent"] as const;
const mergeStrategies = ["squash", "rebase", "merge"] as const;

/** The longest timer of Node, 2^31 - 1 ms, in whole seconds: nearly 25 days. A longer one would fire at once. */
const longestTimerSeconds = 2_147_483;

function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `one of ${words.map((word) => `"${word}"`).join(", ")}` });
}

function wholeNumber(least: number, unit: string) {
  const error = `a whole number of ${unit}, ${least} or more`;
  return z.int({ error }).min(least, { error });
}

const secondsText = `a number of seconds from 0 to ${longestTimerSeconds}`;
const seconds = z
  .number({ error: secondsText })
  .min(0, { error: secondsText })
  .max(longestTimerSeconds, { error: secondsText });

function listOf<Item extends z.ZodType>(item: Item, error: string) {
  return z.array(item, { error });
}

function textOf(error: string) {
  return z.string({ error }).refine((value) => !value.includes("\0"), { error: `${error} without NUL` });
}

const boolean = z.boolean({ error: "true or false" });
const text = z.string({ error: "a string" });
const word = textOf("a string");
const path = textOf("a path").min(1, { error: "a path" });
const absolutePath = textOf("an absolute path").refine(isAbsolute, { error: "an absolute path" });
const priority = z.int({ error: "a whole number; a higher one starts first" });

export type Argv = readonly [program: string, ...args: string[]];

const argvText = 'a list of strings, the program first, such as ["ls", "-la"]';
const argvOrNone = z.array(word, { error: argvText }).transform(([program, ...args], context): Argv | readonly [] => {
  if (program === undefined) return [];
  if (program.trim() !== "") return [program, ...args];
  context.addIssue({ code: "custom", path: [0], message: "the name of a program" });
  return z.NEVER;
});
const argv = argvOrNone.transform(([program, ...args], context): Argv => {
  if (program !== undefined) return [program, ...args];
  context.addIssue({ code: "custom", message: argvText });
  return z.NEVER;
});

const variableName = z.string().regex(/^[^=\0]+$/, { error: "a variable name without = and NUL" });
const variable = textOf("a string (numbers and booleans in quotes)");

function table<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: "a table" });
}

function tables<Entry extends z.ZodType>(entry: Entry, example: string) {
  return z.record(z.string(), entry, { error: `tables such as [${example}]` });
}

const job = table({
  description: text.optional(),
  command: argv,
  working_dir: path.optional(),
  timeout_seconds: seconds.optional(),
  env: z.record(variableName, variable, { error: 'a table of strings, such as { NAME = "value" }' }).optional(),
  tty: boolean.optional(),
  group: text.optional(),
  priority: priority.optional(),
  outputs: listOf(path, "a list of paths").optional(),
});

const task = table({
  description: text.optional(),
  repo: oneOf(["orchastration", "external"]).optional(),
  working_dir: absolutePath,
  command: argv,
  inputs: listOf(path, "a list of paths").optional(),
  outputs: listOf(path, "a list of paths").optional(),
  documents: listOf(path, "a list of paths").optional(),
  status: oneOf(["planned", "in_progress", "done"]).optional(),
});

const agent = table({
  command: argv,
  resume: argv.optional(),
  prompt: oneOf(["argv", "stdin", "none"]).optional(),
  on_exit: oneOf(["stop", "complete"]).optional(),
  group: text.optional(),
  priority: priority.optional(),
});

const rolesText = `a list of roles: ${agentRoles.join(", ")}`;
const roles = listOf(oneOf(agentRoles), rolesText).min(1, { error: rolesText });
const orchestration = table({
  description: text.optional(),
  agents: roles.optional(),
  steps: listOf(roles, 'a list of lists of roles, such as [["PlannerAgent"], ["BuilderAgent", "ReviewerAgent"]]')
    .min(1, { error: "at least one step" })
    .optional(),
});

const group = table({ concurrency: wholeNumber(0, "sessions") });

/** A part of a chord: `ctrl-` and a key that makes a control character, or one printable character. */
const chord = /^(ctrl-[a-z@[\]\\^_]|[\x21-\x7e])(,(ctrl-[a-z@[\]\\^_]|[\x21-\x7e]))*$/;

const settings = {
  logging: table({ level: oneOf(logLevels) }),
  hash: table({ algorithm: oneOf(hashAlgorithms) }),
  daemon: table({
    idle_exit_seconds: seconds,
    stop_grace_seconds: seconds,
    environment: listOf(variableName, 'a list of name patterns, such as ["PATH", "LC_*"]'),
  }),
  limits: table({ concurrency: wholeNumber(0, "sessions"), groups: tables(group, "limits.groups.<name>") }),
  idle: table({ timeout_seconds: seconds, dwell_seconds: seconds }),
  attach: table({
    detach_keys: text.regex(chord, { error: 'keys such as "ctrl-q" or "ctrl-p,ctrl-q"' }),
  }),
  confirm: table({ default: boolean }),
  worktrees: table({ root: word, include: listOf(path, "a list of file patterns"), setup: argvOrNone }),
  merge: table({
    strategy: oneOf(mergeStrategies),
    protected: listOf(text, "a list of branch names"),
  }),
  journal: table({
    segment_bytes: wholeNumber(4096, "bytes"),
    max_bytes_per_session: wholeNumber(0, "bytes"),
    max_bytes_total: wholeNumber(0, "bytes"),
    retention_days: wholeNumber(0, "days"),
  }),
  supervisor: table({ max_sessions: wholeNumber(1, "sessions") }),
  notify: table({
    on: listOf(oneOf(["idle", "completed", "failed"]), 'a list of "idle", "completed", "failed"'),
    command: argvOrNone,
  }),
  database: table({ busy_timeout_ms: wholeNumber(0, "milliseconds"), synchronous: oneOf(["FULL", "NORMAL"]) }),
};

/** Named entries. A layer replaces an entry as a whole: what a definition means depends on the file in which it stands. */
const definitions = {
  jobs: tables(job, "jobs.<name>"),
  tasks: tables(task, "tasks.<name>"),
  agents: tables(agent, "agents.<name>"),
  orchestrations: tables(orchestration, "orchestrations.<name>"),
};

const settingsSchema = z.strictObject(settings);

/** A whole configuration file, in which everything may be left out. */
export const fileSchema = z
  .strictObject({
    ...definitions,
    logging: settings.logging.partial(),
    hash: settings.hash.partial(),
    daemon: settings.daemon.partial(),
    limits: settings.limits.partial(),
    idle: settings.idle.partial(),
    attach: settings.attach.partial(),
    confirm: settings.confirm.partial(),
    worktrees: settings.worktrees.partial(),
    merge: settings.merge.partial(),
    journal: settings.journal.partial(),
    supervisor: settings.supervisor.partial(),
    notify: settings.notify.partial(),
    database: settings.database.partial(),
  })
  .partial();

export type FileValues = z.infer<typeof fileSchema>;
/** Every setting with a value: the defaults, overlaid by the layers. */
export type Settings = z.infer<typeof settingsSchema>;
export type JobValues = z.infer<typeof job>;
export type TaskValues = z.infer<typeof task>;
export type AgentValues = z.infer<typeof agent>;
export type OrchestrationValues = z.infer<typeof orchestration>;
