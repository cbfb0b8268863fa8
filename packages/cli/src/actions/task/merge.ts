import { taskName, toPlainText } from "@orchastration/protocol";
import type { Document, Result } from "@orchastration/protocol/contract";
import type { Action } from "../../command.ts";
import type { merge } from "../../commands/task/merge.ts";
import { withSpinner } from "../../output/spinner.ts";
import { taskDocument } from "../../output/task.ts";

type Merge = Result<"task.merge">;

export const run: Action<typeof merge> = async (context, args) => {
  const { into, strategy } = args;
  const client = await context.connect();
  const answer = await withSpinner(
    context,
    () => `merging task ${args.task}`,
    client.call("task.merge", {
      context: context.caller,
      task: args.task,
      ...(into === undefined ? {} : { into }),
      ...(strategy === undefined ? {} : { strategy }),
      ...(args.includeDirty ? { includeDirty: true } : {}),
      ...(args.resolve ? { resolve: true } : {}),
      ...(args.stop ? { stop: true } : {}),
    }),
  ).finally(() => client.close());
  if (context.globals.json) await context.output.json<"merged">(documentOf(answer));
  else await context.output.note(toPlainText(sentence(answer)));
  return answer.outcome.kind === "resolving" && answer.outcome.conflicts.length > 0 ? 1 : 0;
};

function documentOf({ task, outcome }: Merge): Document<"merged"> {
  const common = { task: taskDocument(task) };
  if (outcome.kind === "resolving") {
    return { ...common, outcome: "resolving", worktree: outcome.worktree, conflicts: outcome.conflicts };
  }
  const { into, base, head, result, strategy, checkout } = outcome;
  return { ...common, outcome: "merged", into, base, head, result, strategy, checkout };
}

function sentence({ task, outcome }: Merge): string {
  const name = taskName(task);
  if (outcome.kind === "merged") {
    const checkout = outcome.checkout === null ? "" : `, fast-forwarded in ${outcome.checkout}`;
    return `Task ${name} is merged into ${outcome.into} as ${outcome.result.slice(0, 8)} (${outcome.strategy})${checkout}. Clean up with: \`orchastration gc\``;
  }
  if (outcome.conflicts.length === 0) {
    return `The base went into ${outcome.worktree} without a conflict. Now: \`orchastration merge ${name}\``;
  }
  const files = outcome.conflicts.join(", ");
  return `Resolve these files in ${outcome.worktree}, commit, and merge again: ${files}`;
}
