import { checkTable } from "./interpret-file.ts";
import type { Layer } from "./layers.ts";
import { type ConfigProblem, toProblem } from "./problem.ts";
import type { TomlTable } from "./toml-value.ts";

export interface EnvironmentLayer {
  readonly layers: readonly Layer[];
  readonly problems: readonly ConfigProblem[];
}

/** Variables of the asking client that are stronger than its files. An empty one counts as not set. */
const variables: Readonly<Record<string, (value: string) => TomlTable>> = {
  ORCHASTRATION_DETACH_KEYS: (value) => ({ attach: { detach_keys: value } }),
};

export function readEnvironmentLayer(environment: Readonly<Record<string, string | undefined>>): EnvironmentLayer {
  const layers: Layer[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, settingFrom] of Object.entries(variables)) {
    const value = environment[name];
    if (value === undefined || value === "") continue;
    const checked = checkTable(settingFrom(value));
    problems.push(...checked.mistakes.map((mistake) => toProblem(mistake, name, null)));
    if (checked.values !== undefined) layers.push({ name: "environment", values: checked.values, source: null });
  }
  return { layers, problems };
}
