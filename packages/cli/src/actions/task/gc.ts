import { toPlainText } from "@orchastration/protocol";
import type { GcItem } from "@orchastration/protocol/contract";
import { requireYes } from "../../ask/require-yes.ts";
import type { Action } from "../../command.ts";
import type { gc } from "../../commands/task/gc.ts";
import type { Context } from "../../context.ts";
import { withSpinner } from "../../output/spinner.ts";

export const run: Action<typeof gc> = async (context, { dryRun, yes }) => {
  const client = await context.connect();
  try {
    const about = { context: context.caller };
    const { items } = await withSpinner(context, () => "looking for merged tasks", client.call("task.gc", about));
    const removable = items.filter(({ refusal }) => refusal === null);
    if (dryRun || removable.length === 0) return await report(context, items);
    if (!context.globals.json) await report(context, items);
    if (!yes) {
      await requireYes(context, `Remove ${removable.length} of them?`, "Look at gc --dry-run, then add --yes.");
    }
    const keys = removable.map(({ key }) => key);
    const done = await withSpinner(context, () => "removing", client.call("task.gc", { ...about, remove: keys }));
    return await report(context, done.items);
  } finally {
    client.close();
  }
};

async function report(context: Context, items: readonly GcItem[]): Promise<number> {
  const hasFailed = items.some(({ outcome }) => outcome !== null && !outcome.removed);
  if (context.globals.json) {
    await context.output.json<"collected">({
      items: items.map(({ task, parts, refusal, outcome }) => ({
        task,
        parts,
        refusal,
        removed: outcome === null ? null : outcome.removed,
        backup_ref: outcome !== null && outcome.removed ? outcome.backupRef : null,
      })),
    });
    return hasFailed ? 1 : 0;
  }
  if (items.length === 0) await context.output.note("No merged task is left to clean up.");
  for (const item of items) await context.output.print(toPlainText(lineOf(item)));
  return hasFailed ? 1 : 0;
}

function lineOf({ task, parts, refusal, outcome }: GcItem): string {
  const name = task ?? "leftover";
  const what = parts.length === 0 ? name : `${name}: ${parts.map((part) => part.name).join(", ")}`;
  if (outcome === null) return refusal === null ? what : `${what} - stays: ${refusal}`;
  if (!outcome.removed) return `${what} - stays: ${outcome.reason}`;
  return outcome.backupRef === null
    ? `${what} is removed.`
    : `${name} is removed. Get it back with: \`git branch <name> ${outcome.backupRef}\``;
}
