import type { ResilientClient } from "@orchastration/client";
import { exitCodeOf } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";
import { reportEnd } from "../follow/report-end.ts";
import { type EndedState, untilEnded } from "../follow/run-end.ts";
import type { EndingSignal } from "../signals.ts";
import type { LeftRun } from "./attach-to-run.ts";

/** Answers the exit code of a command that had attached: the child's own once the run has ended. */
export async function exitCodeAfter(
  context: Context,
  { id, departure }: LeftRun,
  leaving: Promise<number>,
  stopSignal?: EndingSignal,
): Promise<number> {
  if (departure.kind !== "ended") return departure.kind === "left" ? departure.exitCode : 0;
  const end = await whenEnded(context, id, leaving, (client, run, state) =>
    reportEnd(context, client, run, { state, truncated: [] }, stopSignal),
  );
  return end.value;
}

/** The same, and prints a document instead of sentences. */
export async function reportStay(context: Context, left: LeftRun, leaving: Promise<number>): Promise<number> {
  const { id, name, departure, fromOffset, toOffset } = left;
  const end =
    departure.kind === "ended"
      ? await whenEnded(context, id, leaving, (_client, _run, state) => Promise.resolve(exitCodeOf(state) ?? 1))
      : { hasEnded: false, value: departure.kind === "left" ? departure.exitCode : 0 };
  await context.output.json<"attachmentEnd">({
    run_id: id,
    job_name: name,
    outcome: end.hasEnded ? "ended" : "detached",
    exit_code: end.hasEnded ? end.value : null,
    from_offset: fromOffset,
    to_offset: toOffset,
  });
  return end.value;
}

/** What `use` answers when the run's end is recorded; or the exit code of this process, when it is to go before. */
async function whenEnded(
  context: Context,
  id: string,
  leaving: Promise<number>,
  use: (client: ResilientClient, run: Run, state: EndedState) => Promise<number>,
): Promise<{ readonly hasEnded: boolean; readonly value: number }> {
  const client = await context.connectResiliently();
  try {
    const { run } = await client.call("run.get", { context: context.caller, run: id });
    const state = await Promise.race([untilEnded(client, run), leaving]);
    if (typeof state === "number") return { hasEnded: false, value: state };
    return { hasEnded: true, value: await use(client, run, state) };
  } finally {
    client.close();
  }
}
