import { exitCodeOf, jobRecordOf, runFacts, toPlainText } from "@orchastration/protocol";
import type { DroppedOutput, Run } from "@orchastration/protocol/contract";
import type { Action } from "../command.ts";
import type { show } from "../commands/show.ts";
import { describeDrop } from "../output/describe-drop.ts";
import { formatArgv, formatBytes, formatDuration, formatTime } from "../output/format.ts";

export const run: Action<typeof show> = async ({ connect, caller, globals, output }, args) => {
  const client = await connect();
  const { run, droppedOutput } = await client.call("run.get", { context: caller, run: args.run });
  if (globals.json) {
    await output.json<"jobRecord">(jobRecordOf(run));
    return 0;
  }
  const facts = factsOf(run, droppedOutput).filter(([, value]) => value !== null);
  const width = Math.max(...facts.map(([name]) => name.length));
  await output.print(facts.map(([name, value]) => `${name.padEnd(width)}  ${toPlainText(value ?? "")}`).join("\n"));
  return 0;
};

function factsOf(run: Run, dropped: DroppedOutput | undefined): readonly (readonly [string, string | null])[] {
  const { startedAt, endedAt, durationMs, exit, reason, summary } = runFacts(run.state);
  const code = exitCodeOf(run.state);
  return [
    ["run", run.id],
    ["job", run.name],
    ["status", run.state.status],
    ["reason", reason],
    ["exit", code === null ? null : String(code)],
    ["signal", exit !== null && "signal" in exit ? exit.signal : null],
    ["command", formatArgv(run.argv)],
    ["directory", run.workingDir],
    ["repository", run.repository],
    ["commit", run.base === null ? null : `${run.base.commit}${run.base.isDirty ? " with changes" : ""}`],
    ["asked by", `${run.requestedBy.name} (${run.requestedBy.kind})`],
    ["queued", formatTime(run.queuedAt)],
    ["started", startedAt === null ? null : formatTime(startedAt)],
    ["ended", endedAt === null ? null : formatTime(endedAt)],
    ["duration", durationMs === null ? null : formatDuration(durationMs)],
    ["stdout", `${run.output.stdoutPath}${summary === null ? "" : ` (${formatBytes(summary.stdoutBytes)})`}`],
    ["stderr", `${run.output.stderrPath}${summary === null ? "" : ` (${formatBytes(summary.stderrBytes)})`}`],
    ["output", dropped === undefined ? null : describeDrop(dropped)],
    ["record", endedAt === null ? null : run.recordPath],
    ["event", `${run.eventSeq} ${run.eventHash}`],
  ];
}
