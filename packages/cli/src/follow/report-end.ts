import type { ResilientClient } from "@orchastration/client";
import { exitCodeOf, jobRecordOf, missingFiles, runFacts, toPlainText } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";
import { type EndingSignal, exitCodeOfSignal } from "../signals.ts";
import type { FollowedEnd } from "./follow-output.ts";
import type { EndedState } from "./run-end.ts";

/** Says how a run ended; answers the exit code for whoever waited for it. */
export async function reportEnd(
  { output, globals, caller }: Context,
  client: Pick<ResilientClient, "call">,
  run: Run,
  { state, truncated }: FollowedEnd,
  stopSignal: EndingSignal | undefined,
): Promise<number> {
  const exitCode = exitCodeAfter(run, state, stopSignal);
  if (globals.json) {
    const answer = await client.call("run.get", { context: caller, run: run.id });
    await output.json<"jobRecord">(jobRecordOf(answer.run));
    return exitCode;
  }
  for (const stream of truncated) {
    await output.warn(`Part of the ${stream} of run ${run.id} is missing: its file was changed or removed.`);
  }
  const sentence = sentenceOf(run, state);
  if (sentence !== undefined) await output.warn(sentence);
  const kind = run.kind === "build" ? "task" : "job";
  await output.note(`${kind}=${run.name} exit=${exitCode} duration_ms=${Math.round(runFacts(state).durationMs ?? 0)}`);
  return exitCode;
}

/** What whoever waited for a run exits with. The command of a build may end well, and the build has failed all the same. */
export function exitCodeAfter(run: Run, state: EndedState, stopSignal: EndingSignal | undefined): number {
  const exitCode = exitCodeOf(state) ?? exitCodeWithoutExit(state, stopSignal);
  return exitCode === 0 && missingOutputs(run, state).length > 0 ? 1 : exitCode;
}

function missingOutputs({ kind }: Run, state: EndedState): string[] {
  return kind === "build" ? missingFiles(runFacts(state).summary?.files) : [];
}

/** A run that never started, or whose exit nobody saw. */
function exitCodeWithoutExit({ status }: EndedState, stopSignal: EndingSignal | undefined): number {
  const isOurs = stopSignal !== undefined && (status === "stopped" || status === "cancelled");
  return isOurs ? exitCodeOfSignal(stopSignal) : 1;
}

function sentenceOf(run: Run, state: EndedState): string | undefined {
  const { id } = run;
  switch (state.status) {
    case "succeeded": {
      const missing = missingOutputs(run, state);
      return missing.length === 0
        ? undefined
        : toPlainText(`Task ${run.name} failed: declared outputs are missing: ${missing.join(", ")}`);
    }
    case "failed":
      return state.reason === null ? undefined : `Run ${id} failed: ${state.reason}`;
    case "lost":
      return `Run ${id} is lost, its exit unknown: ${state.reason}`;
    case "timed_out":
      return `Run ${id} timed out: ${state.reason}`;
    case "stopped":
    case "cancelled":
      return `Run ${id} was ${state.status}: ${state.reason}`;
  }
}
