import type {
  AgentDefinition,
  Config,
  JobDefinition,
  OrchestrationDefinition,
  Scope,
  TaskDefinition,
} from "./config.ts";
import {
  type Definition,
  type DefinitionSection,
  type Layer,
  mergeDefinitions,
  mergeSettings,
  type Origin,
  originOf,
} from "./layers.ts";
import type { AgentValues, Argv, JobValues, OrchestrationValues, TaskValues } from "./schema.ts";

const dayMs = 24 * 60 * 60 * 1000;

interface Identity {
  readonly name: string;
  readonly scope: Scope;
  readonly origin: Origin;
}

/**
 * @param layers the weakest first, without the built-in defaults
 * @param repositoryRoot of the project layer
 */
export function buildConfig(layers: readonly Layer[], repositoryRoot: string | null): Config {
  const settings = mergeSettings(layers);
  const { daemon, limits, idle, worktrees, journal, notify, database } = settings;

  const identify = (section: DefinitionSection, { name, layer }: Definition<unknown>): Identity => ({
    name,
    scope:
      layer.name === "project" && repositoryRoot !== null
        ? { kind: "repository", root: repositoryRoot }
        : { kind: "global" },
    origin: originOf(layer, [section, name]),
  });
  const define = <Values, Built>(
    section: DefinitionSection,
    definitions: ReadonlyMap<string, Definition<Values>>,
    build: (identity: Identity, values: Values) => Built,
  ) => new Map([...definitions].map(([name, found]) => [name, build(identify(section, found), found.values)]));

  return {
    jobs: define(
      "jobs",
      mergeDefinitions(layers, ({ jobs }) => jobs),
      buildJob,
    ),
    tasks: define(
      "tasks",
      mergeDefinitions(layers, ({ tasks }) => tasks),
      buildTask,
    ),
    agents: define(
      "agents",
      mergeDefinitions(layers, ({ agents }) => agents),
      buildAgent,
    ),
    orchestrations: define(
      "orchestrations",
      mergeDefinitions(layers, ({ orchestrations }) => orchestrations),
      buildOrchestration,
    ),
    logging: settings.logging,
    hash: settings.hash,
    daemon: {
      idleExitMs: positiveOrNull(toMs(daemon.idle_exit_seconds)),
      stopGraceMs: toMs(daemon.stop_grace_seconds),
      environment: daemon.environment,
    },
    limits: {
      concurrency: positiveOrNull(limits.concurrency),
      groups: new Map(
        Object.entries(limits.groups).map(([name, group]) => [
          name,
          { concurrency: positiveOrNull(group.concurrency) },
        ]),
      ),
    },
    idle: { timeoutMs: toMs(idle.timeout_seconds), dwellMs: toMs(idle.dwell_seconds) },
    attach: { detachKeys: settings.attach.detach_keys },
    confirm: { isYesDefault: settings.confirm.default },
    worktrees: {
      root: worktrees.root === "" ? null : worktrees.root,
      include: worktrees.include,
      setup: argvOrNull(worktrees.setup),
    },
    merge: settings.merge,
    journal: {
      segmentBytes: journal.segment_bytes,
      sessionBytes: positiveOrNull(journal.max_bytes_per_session),
      totalBytes: positiveOrNull(journal.max_bytes_total),
      retentionMs: positiveOrNull(journal.retention_days * dayMs),
    },
    supervisor: { maxSessions: settings.supervisor.max_sessions },
    notify: { on: notify.on, command: argvOrNull(notify.command) },
    database: { busyTimeoutMs: database.busy_timeout_ms, synchronous: database.synchronous },
  };
}

function buildJob(identity: Identity, values: JobValues): JobDefinition {
  return {
    ...identity,
    description: values.description ?? "",
    argv: values.command,
    workingDir: values.working_dir ?? ".",
    timeoutMs: positiveOrNull(toMs(values.timeout_seconds ?? 0)),
    env: values.env ?? {},
    isTty: values.tty ?? false,
    group: values.group ?? null,
    priority: values.priority ?? 0,
    outputs: values.outputs ?? [],
  };
}

function buildTask(identity: Identity, values: TaskValues): TaskDefinition {
  return {
    ...identity,
    description: values.description ?? "",
    repo: values.repo ?? "orchastration",
    argv: values.command,
    workingDir: values.working_dir,
    inputs: values.inputs ?? [],
    outputs: values.outputs ?? [],
    documents: values.documents ?? [],
    status: values.status ?? "planned",
  };
}

function buildAgent(identity: Identity, values: AgentValues): AgentDefinition {
  return {
    ...identity,
    argv: values.command,
    resumeArgv: values.resume ?? null,
    prompt: values.prompt ?? "argv",
    onExit: values.on_exit ?? "stop",
    group: values.group ?? null,
    priority: values.priority ?? 0,
  };
}

function buildOrchestration(identity: Identity, values: OrchestrationValues): OrchestrationDefinition {
  return {
    ...identity,
    description: values.description ?? "",
    steps: values.steps ?? (values.agents ?? []).map((role) => [role]),
  };
}

/** Never rounds a duration down to 0, which means none in many places. */
function toMs(seconds: number): number {
  return seconds === 0 ? 0 : Math.max(1, Math.round(seconds * 1000));
}

/** 0 in the file means: no limit. */
function positiveOrNull(value: number): number | null {
  return value === 0 ? null : value;
}

function argvOrNull([program, ...args]: Argv | readonly []): Argv | null {
  return program === undefined ? null : [program, ...args];
}
