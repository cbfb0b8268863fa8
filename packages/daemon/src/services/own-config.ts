import type { Config } from "../config/config.ts";
import type { ConfigLoader } from "../config/load.ts";
import { type ConfigProblem, formatProblem, isError } from "../config/problem.ts";

export interface OwnConfig {
  /** What the daemon itself runs by: the last good content of its configuration file. */
  current(): Config;
  /** Why the file as it stands is not in force; empty when it is. */
  problems(): readonly string[];
  /** Reads the file again and says what came of it. A file with mistakes changes nothing. */
  reload(): Promise<OwnConfigChange>;
}

export type OwnConfigChange =
  | { readonly outcome: "reloaded" }
  | { readonly outcome: "rejected"; readonly problems: readonly string[] };

/** The daemon's own settings: limits, log level, database. Requests bring their own configuration with them. */
export async function loadOwnConfig(loader: ConfigLoader, globalFile: string, cwd: string): Promise<OwnConfig> {
  const load = () => loader.loadOrLastGood({ cwd, globalFile });
  const errorsOf = (problems: readonly ConfigProblem[]): string[] =>
    problems.filter(isError).map((problem) => formatProblem(problem));
  let loaded = await load();
  return {
    current: () => loaded.config,
    problems: () => errorsOf(loaded.problems),
    async reload() {
      loaded = await load();
      const problems = errorsOf(loaded.problems);
      return problems.length === 0 ? { outcome: "reloaded" } : { outcome: "rejected", problems };
    },
  };
}
