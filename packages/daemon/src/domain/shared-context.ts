import type { ContextChanges, SharedContext } from "@orchastration/protocol/contract";

const listKeys = ["plan.tasks", "build.outputs", "doc.paths"] as const;

export function emptyContext(goal: string | null): SharedContext {
  return {
    "plan.goal": goal,
    "plan.tasks": [],
    "build.outputs": [],
    "review.status": null,
    "review.report": "",
    "doc.paths": [],
  };
}

/**
 * What a role did to the context it was given. It may answer all of it or the keys it has something to say about; what it repeats is no change, and
 * what it leaves out of a list stays in it.
 */
export function changesOf(given: SharedContext, answered: ContextChanges): ContextChanges {
  const changes: ContextChanges = {};
  const goal = answered["plan.goal"];
  if (goal !== undefined && goal !== given["plan.goal"]) changes["plan.goal"] = goal;
  const status = answered["review.status"];
  if (status !== undefined && status !== given["review.status"]) changes["review.status"] = status;
  const report = newText(given["review.report"], answered["review.report"] ?? "");
  if (report !== "") changes["review.report"] = report;
  for (const key of listKeys) {
    const added = withoutDoubles(answered[key] ?? []).filter((item) => !given[key].includes(item));
    if (added.length > 0) changes[key] = added;
  }
  return changes;
}

/**
 * The context with the changes of one more role. Roles of a group know nothing of each other: lists and reports grow, a review that asks for
 * changes is not outvoted by another one of the same group, and of two goals the later one stands (the earlier one is in its step).
 * @param before the group: what every role of it was given
 */
export function applyChanges(current: SharedContext, before: SharedContext, changes: ContextChanges): SharedContext {
  const next = { ...current };
  if (changes["plan.goal"] !== undefined) next["plan.goal"] = changes["plan.goal"];
  const status = changes["review.status"];
  const hasObjection =
    current["review.status"] === "changes_requested" && before["review.status"] !== "changes_requested";
  if (status !== undefined && !hasObjection) next["review.status"] = status;
  if (changes["review.report"] !== undefined) {
    next["review.report"] = [current["review.report"], changes["review.report"]]
      .filter((text) => text !== "")
      .join("\n\n");
  }
  for (const key of listKeys) {
    const added = changes[key];
    if (added !== undefined) next[key] = withoutDoubles([...current[key], ...added]);
  }
  return next;
}

/** A role that answers the whole context answers the earlier reports as well, usually with its own below them. */
function newText(given: string, answered: string): string {
  const text = given !== "" && answered.startsWith(given) ? answered.slice(given.length) : answered;
  return text.trim();
}

function withoutDoubles(items: readonly string[]): string[] {
  return [...new Set(items)];
}
