import { join } from "node:path";
import { messageOf } from "@orchastration/protocol";
import { buildConfig } from "./build-config.ts";
import { checkGroups } from "./check-groups.ts";
import type { Config } from "./config.ts";
import { type ConfigFiles, createConfigFiles, type FileReading } from "./config-files.ts";
import { findRepositoryRoot } from "./find-repository.ts";
import type { ValidFile } from "./interpret-file.ts";
import { type Layer, listOrigins, type OriginEntry } from "./layers.ts";
import { ConfigError, type ConfigProblem, isError, toProblem } from "./problem.ts";
import { readEnvironmentLayer } from "./request-layers.ts";
import type { FileValues } from "./schema.ts";

/** What a client says about where it stands. */
export interface ConfigRequest {
  readonly cwd: string;
  readonly globalFile: string;
  /** The file was named by `--config` or the environment: it must exist. */
  readonly isGlobalFileNamed?: boolean;
  /** Of the client; only the variables that set a key are read. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly flags?: FileValues;
}

/** What a project file can define by a name. */
export type ProjectDefinition = "job" | "task" | "orchestration";

/** The project file of the caller's repository. While it is not trusted, nothing of it is in force, not even its mistakes. */
type Project =
  | { readonly state: "outside" }
  | { readonly state: "absent"; readonly root: string; readonly file: string }
  | { readonly state: "trusted"; readonly root: string; readonly file: string }
  | {
      readonly state: "untrusted";
      readonly root: string;
      readonly file: string;
      /** To recognise what only trust is missing for. */
      readonly names: Readonly<Record<ProjectDefinition, readonly string[]>>;
    };

interface ConfigFileUse {
  readonly layer: "global" | "project";
  readonly file: string;
  readonly exists: boolean;
  readonly isUsed: boolean;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly project: Project;
  readonly files: readonly ConfigFileUse[];
  /** Warnings; from `loadOrLastGood` also the errors of a file in whose place older content is used. */
  readonly problems: readonly ConfigProblem[];
  listOrigins(): OriginEntry[];
}

interface CheckedConfig {
  readonly files: readonly ConfigFileUse[];
  readonly problems: readonly ConfigProblem[];
}

export interface ConfigLoader {
  /** @throws ConfigError with every problem of the files in force */
  load(request: ConfigRequest): Promise<LoadedConfig>;
  /** For the daemon's own settings: in place of a bad file stands its last valid content, or the defaults. Never refuses. */
  loadOrLastGood(request: ConfigRequest): Promise<LoadedConfig>;
  /** Everything wrong with the global and the project file, also when the latter is not trusted. */
  check(request: ConfigRequest): Promise<CheckedConfig>;
}

export interface ConfigLoaderDependencies {
  /**
   * May reject when its record is damaged: then nothing of the repository is in force, and requests from it are refused.
   * @param repositoryRoot canonical path of a main worktree
   */
  readonly trust: { isTrusted(repositoryRoot: string): boolean | Promise<boolean> };
  readonly files?: ConfigFiles;
}

interface Reading {
  readonly global: FileReading;
  readonly projectFile: FileReading;
  readonly project: Project;
  readonly trustProblems: readonly ConfigProblem[];
}

export function createConfigLoader({ trust, files = createConfigFiles() }: ConfigLoaderDependencies): ConfigLoader {
  return {
    async load(request) {
      const reading = await read(request);
      const environment = readEnvironmentLayer(request.environment ?? {});
      const problems = [...problemsInForce(reading), ...environment.problems];
      if (problems.some(isError)) throw new ConfigError(problems);
      return assemble(request, reading, environment.layers, problems);
    },

    async loadOrLastGood(request) {
      const reading = await read(request);
      const environment = readEnvironmentLayer(request.environment ?? {});
      const problems = [...problemsInForce(reading), ...environment.problems];
      const usable: Reading = {
        ...reading,
        global: goodOr(reading.global, () => files.findLastGood(request.globalFile, "global")),
        projectFile: goodOr(reading.projectFile, () =>
          reading.project.state === "trusted" ? files.findLastGood(reading.project.file, "project") : undefined,
        ),
      };
      return assemble(request, usable, environment.layers, problems);
    },

    async check(request) {
      const reading = await read(request);
      const { global, projectFile, project, trustProblems } = reading;
      return {
        files: listFiles(request, global, project),
        problems: [
          ...problemsOf(global),
          ...problemsOf(projectFile),
          ...trustProblems,
          ...checkGroups(fileLayers(request, reading)),
        ],
      };
    },
  };

  async function read(request: ConfigRequest): Promise<Reading> {
    const global = await readGlobal(request);
    const root = findRepositoryRoot(request.cwd);
    const absent = { global, projectFile: { state: "missing" }, trustProblems: [] } as const;
    if (root === null) return { ...absent, project: { state: "outside" } };
    const file = join(root, ".orchastration", "config.toml");
    const projectFile = await files.read(file, "project");
    if (projectFile.state === "missing") return { ...absent, project: { state: "absent", root, file } };
    const { isTrusted, trustProblems } = await askForTrust(root, file);
    if (isTrusted) return { global, projectFile, project: { state: "trusted", root, file }, trustProblems };
    const { jobs = {}, tasks = {}, orchestrations = {} } = projectFile.state === "valid" ? projectFile.values : {};
    const names = { job: Object.keys(jobs), task: Object.keys(tasks), orchestration: Object.keys(orchestrations) };
    return { global, projectFile, project: { state: "untrusted", root, file, names }, trustProblems };
  }

  async function askForTrust(root: string, file: string) {
    try {
      return { isTrusted: await trust.isTrusted(root), trustProblems: [] };
    } catch (error) {
      const reason = messageOf(error);
      const message = `whether this repository is trusted cannot be told: ${reason}`;
      return { isTrusted: false, trustProblems: [toProblem({ path: [], message }, file, null)] };
    }
  }

  async function readGlobal({ globalFile, isGlobalFileNamed = false }: ConfigRequest): Promise<FileReading> {
    const reading = await files.read(globalFile, "global");
    if (reading.state !== "missing" || !isGlobalFileNamed) return reading;
    const message = "there is no such configuration file";
    return { state: "invalid", problems: [toProblem({ path: [], message }, globalFile, null)] };
  }
}

function problemsInForce({ global, projectFile, project, trustProblems }: Reading): ConfigProblem[] {
  return [...problemsOf(global), ...(project.state === "trusted" ? problemsOf(projectFile) : []), ...trustProblems];
}

function problemsOf(reading: FileReading): readonly ConfigProblem[] {
  switch (reading.state) {
    case "missing":
      return [];
    case "valid":
      return reading.warnings;
    case "invalid":
      return reading.problems;
  }
}

function goodOr(reading: FileReading, findLastGood: () => ValidFile | undefined): FileReading {
  return reading.state === "invalid" ? (findLastGood() ?? { state: "missing" }) : reading;
}

function assemble(
  request: ConfigRequest,
  reading: Reading,
  environment: readonly Layer[],
  problems: readonly ConfigProblem[],
): LoadedConfig {
  const { global, project } = reading;
  const flags: Layer[] = request.flags === undefined ? [] : [{ name: "flag", values: request.flags, source: null }];
  const layers = [...fileLayers(request, reading), ...environment, ...flags];
  return {
    config: buildConfig(layers, project.state === "trusted" ? project.root : null),
    project,
    files: listFiles(request, global, project),
    problems: [...problems, ...checkGroups(layers)],
    listOrigins: () => listOrigins(layers),
  };
}

/** Of the files in force, the weakest first. */
function fileLayers({ globalFile }: ConfigRequest, { global, projectFile, project }: Reading): Layer[] {
  return [
    ...fileLayer("global", globalFile, global),
    ...(project.state === "trusted" ? fileLayer("project", project.file, projectFile) : []),
  ];
}

function fileLayer(name: "global" | "project", file: string, reading: FileReading): Layer[] {
  return reading.state === "valid" ? [{ name, values: reading.values, source: { file, locate: reading.locate } }] : [];
}

function listFiles({ globalFile }: ConfigRequest, global: FileReading, project: Project): ConfigFileUse[] {
  const exists = global.state !== "missing";
  const files: ConfigFileUse[] = [{ layer: "global", file: globalFile, exists, isUsed: exists }];
  if (project.state === "outside") return files;
  return [
    ...files,
    { layer: "project", file: project.file, exists: project.state !== "absent", isUsed: project.state === "trusted" },
  ];
}
