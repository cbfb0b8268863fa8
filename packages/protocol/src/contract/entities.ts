import { z } from "zod";

export const timestamp = z.iso.datetime({ precision: 3 }).describe("RFC 3339 in UTC with milliseconds.");

export const runId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{12}$/);

export const runReference = z
  .string()
  .min(1)
  .max(255)
  .describe("A run by its id, a unique prefix of it, or a job's name for the last run of that job.");

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const argument = z.string().refine((text) => !text.includes("\0"), "an argument cannot contain NUL");
export const argv = z.tuple([argument.min(1)], argument).readonly();

/** Who asked. A policy is the daemon acting on a configured rule (timeout, limit); the daemon itself acts on recovery. */
export const actor = z.object({
  kind: z.enum(["person", "agent", "editor", "policy", "daemon"]),
  name: z.string().max(128),
});

/** What a client says about where it stands: relative paths and the project's configuration are resolved from here. */
export const context = z.object({
  cwd: z.string().min(1),
  configFile: z
    .string()
    .min(1)
    .nullable()
    .describe("The configuration file named by `--config` or the environment; null: the default global file."),
});

export const environment = z.record(z.string(), z.string());

export const exit = z.union([
  z.object({ code: z.int().min(0) }),
  z.object({ signal: z.string().regex(/^SIG[A-Z0-9+]+$/) }),
]);

export const terminalSize = z.object({ cols: z.int().min(1).max(10_000), rows: z.int().min(1).max(10_000) });

/** Where the output of a pipe run lies, and, once it has ended, how much of it is the run's and what it hashes to. */
export const output = z.object({
  stdoutPath: z.string(),
  stderrPath: z.string(),
});

/** A file or directory as it was at some moment. */
export const observedFile = z.object({
  path: z.string().describe("As it was declared: relative to the working directory, or absolute."),
  bytes: z.int().min(0).nullable(),
  sha256: sha256
    .nullable()
    .describe(
      "Of a directory: over the lines `<sha256>  <path>` of the files in it, sorted. Null: it was not there, or could not be read.",
    ),
});

export const outputSummary = z.object({
  stdoutBytes: z.int().min(0),
  stderrBytes: z.int().min(0),
  stdoutSha256: sha256.nullable(),
  stderrSha256: sha256.nullable(),
  files: z.array(observedFile).optional().describe("The declared outputs, as the run left them."),
});

/** What becomes of a task when its session ends: `stop` and `complete` as the agent says; `outcome`: completed on exit 0, failed otherwise. */
export const onExit = z.enum(["stop", "complete", "outcome"]);

/** The steps of starting what drives a task, in order. */
export const startStep = z.enum(["worktree", "copy", "setup", "spawn"]);

export const stopReason = z.enum(["stopped", "timed_out", "output_limit"]);

const ended = { endedAt: timestamp, durationMs: z.number().min(0), exit: exit.nullable(), summary: outputSummary };

/** A process that can be told from a later one with the same pid. `startTime` is in the platform's own unit; only equality means something. */
export const processIdentity = z.object({ pid: z.int().positive(), startTime: z.string(), bootId: z.string() });

const launched = { startedAt: timestamp, process: processIdentity };

/** The state of a run carries exactly what is known in it. `reason` is a sentence for people. */
export const runState = z.discriminatedUnion("status", [
  z.object({ status: z.literal("queued") }),
  z.object({ status: z.literal("preparing") }),
  z.object({ status: z.literal("running"), ...launched }),
  z.object({ status: z.literal("stopping"), ...launched, reason: stopReason }),
  z.object({ status: z.literal("succeeded"), startedAt: timestamp, ...ended }),
  z.object({ status: z.literal("failed"), startedAt: timestamp.nullable(), ...ended, reason: z.string().nullable() }),
  z.object({ status: z.literal("timed_out"), startedAt: timestamp, ...ended, reason: z.string() }),
  z.object({ status: z.literal("stopped"), startedAt: timestamp.nullable(), ...ended, reason: z.string() }),
  z.object({ status: z.literal("cancelled"), endedAt: timestamp, reason: z.string() }),
  z.object({ status: z.literal("lost"), startedAt: timestamp.nullable(), ...ended, reason: z.string() }),
]);

/** The repository state a run started from. */
export const base = z.object({ commit: z.string(), tree: z.string(), isDirty: z.boolean() });

export const run = z.object({
  id: runId,
  kind: z
    .enum(["job", "adhoc", "agent", "build", "setup", "exec", "role"])
    .describe(
      "`agent` and `build` drive a task: its agent, or its configured command. `setup` prepares a new worktree; `exec` is a command given for a task's directory; `role` is the program of a role of an orchestration.",
    ),
  name: z
    .string()
    .describe(
      "The job's name; the name of its task (`3-login`); the role (`BuilderAgent`); `adhoc` for a command given on the command line.",
    ),
  task: z
    .object({ id: runId, onExit, plan: runId.optional().describe("The plan that it carries out.") })
    .optional()
    .describe("The task it belongs to, and what its end means for that; absent for a run of no task."),
  repository: z
    .string()
    .nullable()
    .describe(
      "Canonical path of the repository whose configuration defines the job; null for the global configuration.",
    ),
  argv,
  workingDir: z.string(),
  isTty: z.boolean(),
  timeoutMs: z.number().positive().nullable(),
  group: z.string().nullable(),
  priority: z.int(),
  requestedBy: actor,
  environmentDigest: z
    .string()
    .describe(
      "Digest over names and salted value digests: equal for two runs exactly when their environments were equal.",
    ),
  base: base.nullable(),
  program: z
    .object({ path: z.string(), sha256: sha256.nullable() })
    .optional()
    .describe("The executable that argv named; there when the run has declared outputs or inputs."),
  inputs: z.array(observedFile).optional().describe("The declared inputs, as they were when it was asked for."),
  declaredOutputs: z.array(z.string()).optional().describe("Files it is expected to make."),
  queuedAt: timestamp,
  output,
  recordPath: z.string().describe("Path of the JSON record, written when the run has ended."),
  os: z.string(),
  binaryVersion: z.string(),
  state: runState,
  eventSeq: z.int().positive().describe("The newest event of this run and its hash in the chain."),
  eventHash: sha256,
});

export const job = z.object({
  name: z.string(),
  description: z.string(),
  argv,
  workingDir: z
    .string()
    .describe("As configured; resolved against the repository or the caller's directory when it runs."),
  timeoutMs: z.number().positive().nullable(),
  isTty: z.boolean(),
  group: z.string().nullable(),
  priority: z.int(),
  outputs: z.array(z.string()).describe("Files it makes, relative to its working directory."),
  repository: z.string().nullable(),
});

export const configProblem = z.object({
  file: z.string(),
  line: z.int().positive().nullable(),
  column: z.int().positive().nullable(),
  key: z.string().nullable(),
  message: z.string(),
  suggestion: z.string().nullable(),
  severity: z.enum(["error", "warning"]),
});

/** The setting that asked to drop the output of a terminal. */
export const dropReason = z.enum(["max_bytes_total", "retention_days"]);

/** That retention dropped what a run's terminal had put out. */
export const droppedOutput = z.object({ at: timestamp, bytes: z.int().min(0), reason: dropReason });

export type DroppedOutput = z.infer<typeof droppedOutput>;
export type Actor = z.infer<typeof actor>;
export type Context = z.infer<typeof context>;
export type Exit = z.infer<typeof exit>;
export type ObservedFile = z.infer<typeof observedFile>;
export type OutputSummary = z.infer<typeof outputSummary>;
export type ProcessIdentity = z.infer<typeof processIdentity>;
export type TerminalSize = z.infer<typeof terminalSize>;
export type OnExit = z.infer<typeof onExit>;
export type StartStep = z.infer<typeof startStep>;
export type StopReason = z.infer<typeof stopReason>;
export type RunState = z.infer<typeof runState>;
export type RunStatus = RunState["status"];
export type Base = z.infer<typeof base>;
export type Run = z.infer<typeof run>;
export type Job = z.infer<typeof job>;
export type ConfigProblem = z.infer<typeof configProblem>;
