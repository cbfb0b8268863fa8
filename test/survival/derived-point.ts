import { temporaryIn } from "./commit-point.ts";

export interface DerivedPoint {
  readonly what:
    | "record of a task"
    | "record of an action"
    | "record of an orchestration"
    | "file of a task"
    | "signed head";
  readonly point: string;
  readonly role: "daemon";
  readonly call: string;
  readonly path: string;
}

/** Of each, the folder in which it is written and its name there. */
const PLACES: Readonly<Record<DerivedPoint["what"], readonly [folder: string, name: string]>> = {
  "record of a task": ["state/tasks", "copy\\.json"],
  "record of an action": ["state/runs/copy", "2[^/]*\\.json"],
  "record of an orchestration": ["orchestrations/feature", "2[^/]*\\.json"],
  "file of a task": ["\\.orchastration/tasks", "1-work\\.md"],
  "signed head": ["audit/heads", "\\d+-\\w+\\.json"],
};

/** Every step at which a file is written that says again, or proves, what the registry holds; records of runs apart. */
export const DERIVED_POINTS: readonly DerivedPoint[] = Object.entries(PLACES).flatMap(([what, [folder, name]]) =>
  (
    [
      ["the temporary file is made", "open", temporaryIn(folder)],
      ["it is written", "file.writeFile", temporaryIn(folder)],
      ["it is flushed", "file.sync", temporaryIn(folder)],
      ["it takes its place", "rename", `/${folder}/${name}$`],
      ["its folder is flushed", "file.sync", `/${folder}$`],
    ] as const
  ).map(([point, call, path]) => ({ what: what as DerivedPoint["what"], role: "daemon", point, call, path })),
);
