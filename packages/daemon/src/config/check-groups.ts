import { nearest } from "@orchastration/protocol";
import { type Layer, mergeDefinitions, mergeSettings } from "./layers.ts";
import { type ConfigProblem, toProblem } from "./problem.ts";
import { quote } from "./quote.ts";

/**
 * A group without a limit limits nothing. It may be missing on purpose: a repository names groups, and each person sets
 * their own limits; so it is a warning.
 */
export function checkGroups(layers: readonly Layer[]): ConfigProblem[] {
  const { groups } = mergeSettings(layers).limits;
  const jobs = [...mergeDefinitions(layers, ({ jobs }) => jobs).values()].map((job) => ({ section: "jobs", ...job }));
  const agents = [...mergeDefinitions(layers, ({ agents }) => agents).values()];
  const members = [...jobs, ...agents.map((agent) => ({ section: "agents", ...agent }))];
  return members.flatMap(({ section, name, values: { group }, layer }) => {
    if (group === undefined || Object.hasOwn(groups, group)) return [];
    const path = [section, name, "group"];
    const message = `there is no [limits.groups] entry for ${quote(group)}, so the group limits nothing`;
    const mistake = {
      severity: "warning",
      path,
      message,
      suggestion: nearest(group, Object.keys(groups), 1)[0],
    } as const;
    return [toProblem(mistake, layer.source?.file ?? layer.name, layer.source?.locate(path) ?? null)];
  });
}
