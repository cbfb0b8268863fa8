import type { Action } from "../command.ts";
import type { PositionalSpec } from "../command-spec.ts";
import type { completion } from "../commands/completion.ts";
import type { Context } from "../context.ts";
import { findCandidates } from "../parse/candidates.ts";
import { SCRIPTS } from "../shells/completion-scripts.ts";

export const run: Action<typeof completion> = async (context, { shell, rest }) => {
  if (rest.length === 0) {
    await context.output.print(SCRIPTS[shell]);
    return 0;
  }
  const { words, names } = findCandidates(context.commandTable, rest);
  const typed = rest.at(-1) ?? "";
  const known = names === undefined ? [] : await namesOf(context, names);
  const candidates = [...words, ...known.filter((name) => name.startsWith(typed))];
  if (candidates.length > 0) await context.output.print(candidates.join("\n"));
  return 0;
};

type Completed = NonNullable<PositionalSpec["completes"]>;

/** The daemon is not started for this, and without it there are none. */
async function namesOf(context: Context, kind: Completed): Promise<readonly string[]> {
  try {
    const client = await context.connect({ mayLaunch: false });
    switch (kind) {
      case "job":
        return (await client.call("job.list", { context: context.caller })).jobs.map(({ name }) => name);
      case "run":
        return (await client.call("run.list", { context: context.caller, limit: 20 })).runs.map(({ id }) => id);
      case "task":
        return (await client.call("task.list", { context: context.caller })).tasks.map(({ slug }) => slug);
    }
  } catch {
    return [];
  }
}
