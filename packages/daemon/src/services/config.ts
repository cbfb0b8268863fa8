import { OrchastrationError } from "@orchastration/protocol";
import type { Context, Result, ConfigProblem as WireProblem } from "@orchastration/protocol/contract";
import type { ConfigLoader, ConfigRequest, LoadedConfig } from "../config/load.ts";
import { ConfigError, type ConfigProblem } from "../config/problem.ts";
import type { Surroundings } from "./find-run.ts";

export interface ConfigService {
  /** The configuration in force for a caller. @throws OrchastrationError ConfigInvalid with every problem */
  load(context: Context): Promise<LoadedConfig>;
  /** What a name may mean where the caller stands. Never refuses: a mistake in a file does not hide what has run. */
  surroundings(context: Context): Promise<Surroundings>;
  show(context: Context): Promise<Result<"config.get">>;
  check(context: Context): Promise<Result<"config.check">>;
}

export function createConfigService(loader: ConfigLoader, defaultFile: string): ConfigService {
  const requestOf = ({ cwd, configFile }: Context): ConfigRequest => ({
    cwd,
    globalFile: configFile ?? defaultFile,
    isGlobalFileNamed: configFile !== null,
  });

  async function load(context: Context): Promise<LoadedConfig> {
    try {
      return await loader.load(requestOf(context));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new OrchastrationError("ConfigInvalid", error.message, {
        details: { problems: error.problems.map(wireProblem) },
        cause: error,
      });
    }
  }

  return {
    load,
    async surroundings(context) {
      const { project, config } = await loader.loadOrLastGood(requestOf(context));
      return { repository: project.state === "outside" ? null : project.root, jobs: config.jobs.keys() };
    },
    async show(context) {
      const { files, problems, listOrigins } = await load(context);
      return { files: [...files], entries: listOrigins(), warnings: problems.map(wireProblem) };
    },
    async check(context) {
      const { files, problems } = await loader.check(requestOf(context));
      return { files: [...files], problems: problems.map(wireProblem) };
    },
  };
}

function wireProblem({ severity, file, line, column, key, message, suggestion }: ConfigProblem): WireProblem {
  return { severity, file, line, column, key, message, suggestion };
}
