import { closeSync, openSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf, OrchastrationError } from "@orchastration/protocol";
import { openJournal } from "@orchastration/protocol/node";
import type { Action } from "../command.ts";
import { CommandError, OutputError, UsageError } from "../command-error.ts";
import type { exportRun } from "../commands/export.ts";
import { describeDrop } from "../output/describe-drop.ts";
import { formatArgv } from "../output/format.ts";
import { write } from "../output/write.ts";
import { asciicastLines } from "../recording/asciicast.ts";

/** Lines are handed on together: a recording has many short ones. */
const BATCH_CHARACTERS = 64 * 1024;

export const run: Action<typeof exportRun> = async (context, { run: reference, asciicast, output }) => {
  if (!asciicast)
    throw new UsageError("export needs to know the form.", "Write `orchastration export <run> --asciicast`.");
  const client = await context.connect();
  const { run, droppedOutput } = await client.call("run.get", { context: context.caller, run: reference });
  client.close();
  if (!run.isTty) {
    throw new OrchastrationError(
      "NoTerminal",
      `run ${run.id} (${run.name}) had pipes, of which no times are recorded`,
      {
        hint: "`orchastration logs <run>` prints its output; start it with --tty to record its terminal.",
        details: { run: run.id },
      },
    );
  }
  if (droppedOutput !== undefined) {
    throw new CommandError("OutputDropped", `The recording of run ${run.id} is gone: ${describeDrop(droppedOutput)}.`, {
      hint: "Its digests are in the event log; `journal.max_bytes_total` and `journal.retention_days` say what is kept.",
    });
  }
  const journal = openJournal(run.output.stdoutPath);
  if (journal.firstOffset > 0) {
    await context.output.warn(`The first ${journal.firstOffset} bytes are missing: the journal has dropped them.`);
  }
  const lines = asciicastLines(journal, { command: formatArgv(run.argv), title: run.name });
  if (output === undefined) for (const text of batchesOf(lines)) await write(context.stdout, text);
  else writeFile(resolve(context.cwd, output), batchesOf(lines));
  return 0;
};

/** For its owner alone, as the journal is: a terminal shows secrets. */
function writeFile(path: string, texts: Iterable<string>): void {
  try {
    const file = openSync(path, "w", 0o600);
    try {
      for (const text of texts) writeFileSync(file, text);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new OutputError(messageOf(error));
  }
}

function* batchesOf(lines: Iterable<string>): Generator<string, void> {
  let batch = "";
  for (const line of lines) {
    batch += `${line}\n`;
    if (batch.length < BATCH_CHARACTERS) continue;
    yield batch;
    batch = "";
  }
  yield batch;
}
