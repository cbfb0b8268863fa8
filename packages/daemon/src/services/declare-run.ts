import { realpathSync } from "node:fs";
import { nearest, newId, OrchastrationError, VERSION } from "@orchastration/protocol";
import type { Actor, Base, Context, Params, Run } from "@orchastration/protocol/contract";
import { type JobDefinition, resolveWorkingDir } from "../config/config.ts";
import type { LoadedConfig } from "../config/load.ts";
import { substitute } from "../domain/placeholders.ts";
import type { HashService } from "../hashing/hash-service.ts";
import { childEnvironment, type Environment, type Inheritance } from "./child-environment.ts";
import { createObserveFiles } from "./observe-files.ts";
import { requireTrustedName } from "./require-trusted-name.ts";
import { resolveExecutable } from "./resolve-executable.ts";

/** A run as it will be declared, before it has its place on disk. */
export type RunDraft = Omit<Run, "state" | "eventSeq" | "eventHash" | "recordPath" | "output" | "environmentDigest">;

export interface Declaration {
  readonly draft: RunDraft;
  readonly inheritance: Inheritance;
}

/** The name under which commands given on the command line are recorded; configuration refuses it for jobs. */
const ADHOC = "adhoc";

/** What every terminal once was, for a run nobody asked for from one. */
const DEFAULT_TERMINAL = { cols: 80, rows: 24 };
/** What nearly every terminal that will attach understands. */
const DEFAULT_TERM = "xterm-256color";

/** What is run, whoever defined it: a job of the configuration, a command line, an earlier run, a task. */
export interface Definition {
  readonly kind: Run["kind"];
  readonly name: string;
  readonly repository: string | null;
  readonly argv: Run["argv"];
  readonly workingDir: string;
  readonly timeoutMs: number | null;
  readonly env: Environment;
  readonly isTty: boolean;
  readonly group: string | null;
  readonly priority: number;
  readonly task?: Run["task"];
  /** Of a task: what its children find as `ORCHASTRATION_<NAME>` beyond what every run's do. */
  readonly facts?: Environment;
  /** The directory is made before the command is spawned; until then this one stands for it, and this is what the run starts from. */
  readonly prospective?: { readonly standIn: string; readonly base: Base };
  /** A repository whose directories on the PATH do not count. */
  readonly distrusted?: string;
  /** What it reads and what it makes, relative to its working directory. */
  readonly declaredInputs?: readonly string[];
  readonly declaredOutputs?: readonly string[];
}

/** What a caller says about one run, whatever is run. */
export type RunOptions = Pick<
  Params<"job.run">,
  "context" | "environment" | "env" | "umask" | "timeoutMs" | "terminal" | "isTty"
>;

export interface DeclareRun {
  /** Whatever `define` answers for the id of the new run. */
  defined(
    define: (id: string) => Promise<Definition> | Definition,
    asked: RunOptions,
    actor: Actor,
  ): Promise<Declaration>;
  /** @throws OrchastrationError JobNotFound, ConfigInvalid, CommandNotFound, CommandNotExecutable, WorkingDirectoryInvalid */
  job(params: Params<"job.run">, actor: Actor): Promise<Declaration>;
  /** The same command once more with the caller's environment; configuration is not read again for it. It drives no task. */
  again(run: Run, params: Params<"run.rerun">, actor: Actor): Promise<Declaration>;
}

export interface DeclareRunDependencies {
  readonly loadConfig: (context: Context) => Promise<LoadedConfig>;
  /** State of the repository that contains a directory; null outside of any. */
  readonly observeBase: (workingDir: string) => Promise<Base | null>;
  readonly hashing: Pick<HashService, "hashFiles">;
  readonly socket: () => string;
  readonly now: () => Date;
}

export function createDeclareRun(deps: DeclareRunDependencies): DeclareRun {
  const { loadConfig, observeBase, socket, now } = deps;
  const observeFiles = createObserveFiles(deps.hashing);

  /** What makes two runs comparable. Of a run that declares nothing nobody asks for it. */
  async function materialsOf(
    { workingDir, declaredInputs = [], declaredOutputs = [] }: Definition,
    program: string,
  ): Promise<Pick<Run, "program" | "inputs" | "declaredOutputs">> {
    if (declaredInputs.length + declaredOutputs.length === 0) return {};
    const [executable, ...inputs] = await observeFiles(workingDir, [program, ...declaredInputs]);
    return {
      program: { path: program, sha256: executable?.sha256 ?? null },
      inputs,
      declaredOutputs: [...declaredOutputs],
    };
  }

  function factsOf(id: string, repository: string | null): Environment {
    const facts = { ORCHASTRATION_RUN_ID: id, ORCHASTRATION_SOCKET: socket() };
    return repository === null ? facts : { ...facts, ORCHASTRATION_PROJECT_ROOT: repository };
  }

  async function declare(id: string, definition: Definition, asked: RunOptions, actor: Actor): Promise<Declaration> {
    const isTty = asked.isTty ?? definition.isTty;
    const { config } = await loadConfig(asked.context);
    const inherited = childEnvironment({
      caller: asked.environment,
      allowed: config.daemon.environment,
      configured: definition.env,
      overrides: asked.env ?? {},
      facts: { ...factsOf(id, definition.repository), ...definition.facts },
    });
    const env = isTty ? { TERM: DEFAULT_TERM, ...inherited } : inherited;
    // Refused here, before anything claims to run.
    const existing = definition.prospective?.standIn ?? definition.workingDir;
    const program = resolveExecutable(definition.argv[0], existing, env, definition.distrusted);
    const timeoutMs = asked.timeoutMs ?? definition.timeoutMs;
    return {
      inheritance: { env, umask: asked.umask ?? null, terminal: asked.terminal ?? DEFAULT_TERMINAL },
      draft: {
        id,
        kind: definition.kind,
        name: definition.name,
        repository: definition.repository,
        argv: definition.argv,
        workingDir: definition.prospective === undefined ? realpathSync(definition.workingDir) : definition.workingDir,
        isTty,
        timeoutMs: timeoutMs === 0 ? null : timeoutMs,
        group: definition.group,
        priority: definition.priority,
        requestedBy: actor,
        base: definition.prospective?.base ?? (await observeBase(definition.workingDir)),
        queuedAt: now().toISOString(),
        os: process.platform,
        binaryVersion: VERSION,
        ...(definition.task === undefined ? {} : { task: definition.task }),
        ...(await materialsOf(definition, program)),
      },
    };
  }

  async function definitionOf(id: string, { target, context }: Params<"job.run">): Promise<Definition> {
    if ("argv" in target) {
      return {
        kind: "adhoc",
        name: ADHOC,
        repository: null,
        argv: target.argv,
        workingDir: context.cwd,
        timeoutMs: null,
        env: {},
        isTty: false,
        group: null,
        priority: 0,
      };
    }
    const job = findJob(await loadConfig(context), target.job);
    const repository = job.scope.kind === "repository" ? job.scope.root : null;
    // Only what configuration says has placeholders; what the caller adds is data.
    const [program = job.argv[0], ...args] = substitute(job.argv, placeholdersOf(factsOf(id, repository)));
    return {
      kind: "job",
      name: job.name,
      repository,
      argv: [program, ...args, ...(target.extraArgs ?? [])],
      workingDir: resolveWorkingDir(job, context.cwd),
      timeoutMs: job.timeoutMs,
      env: job.env,
      isTty: job.isTty,
      group: job.group,
      priority: job.priority,
      declaredOutputs: job.outputs,
    };
  }

  return {
    async defined(define, asked, actor) {
      const id = newId();
      return declare(id, await define(id), asked, actor);
    },
    async job(params, actor) {
      const id = newId();
      return declare(id, await definitionOf(id, params), params, actor);
    },
    async again({ task: _task, declaredOutputs = [], ...run }, params, actor) {
      const declaredInputs = (run.inputs ?? []).map(({ path }) => path);
      return declare(
        newId(),
        { ...run, env: {}, declaredInputs, declaredOutputs },
        { ...params, isTty: run.isTty },
        actor,
      );
    },
  };
}

function findJob(loaded: LoadedConfig, name: string): JobDefinition {
  const { config } = loaded;
  const job = config.jobs.get(name);
  if (job !== undefined) return job;
  requireTrustedName(loaded, "job", name);
  const names = [...config.jobs.keys()];
  const close = nearest(name, names);
  throw new OrchastrationError("JobNotFound", `no job is named "${name}"`, {
    details: { job: name, nearest: close },
    ...(close.length === 0
      ? {}
      : { hint: `Did you mean ${close.join(" or ")}? \`orchastration list\` shows all jobs.` }),
  });
}

/** `{run_id}` for ORCHASTRATION_RUN_ID, and so on. */
export function placeholdersOf(facts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name.replace("ORCHASTRATION_", "").toLowerCase(), value]),
  );
}
