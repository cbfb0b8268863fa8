import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import { CommandError, UsageError } from "../../command-error.ts";
import type { auditExport } from "../../commands/audit/export.ts";
import { count } from "../../output/format.ts";
import { write } from "../../output/write.ts";

export const run: Action<typeof auditExport> = async (context, { run, task, output: file, whole, through }) => {
  const { globals, output, caller, cwd } = context;
  if (globals.json && file === undefined) {
    throw new UsageError("With --json the export needs a file of its own.", "Add -o <file>.");
  }
  const subject = subjectOf(run, task);
  const client = await context.connect();
  const exported = await client.call("audit.export", {
    context: caller,
    ...subject,
    ...(whole ? { isWhole: true } : {}),
    ...(through === undefined ? {} : { through }),
  });
  client.close();
  if (file === undefined) await write(context.stdout, exported.export);
  else writeExport(resolve(cwd, file), exported.export);
  const { headSeq, othersEvents } = exported;
  if (othersEvents > 0) {
    await output.warn(`It shows ${count(othersEvents, "event")} of other runs and of the daemon to whoever gets it.`);
  }
  if (globals.json && file !== undefined) {
    await output.json<"auditExport">({ file, head_seq: headSeq, events_of_others: othersEvents });
  }
  return 0;
};

function subjectOf(
  run: string | undefined,
  task: string | undefined,
): { readonly run: string } | { readonly task: string } {
  if (task !== undefined && run === undefined) return { task };
  if (run !== undefined && task === undefined) return { run };
  throw new UsageError("An export is of one run or one task.", "Name a run, or a task with --task.");
}

function writeExport(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600 });
  } catch (error) {
    const reason = messageOf(error);
    throw new CommandError("OutputUnwritable", `The export cannot be written: ${reason}`, {
      hint: "Name a file in a directory that you may write to.",
    });
  }
}
