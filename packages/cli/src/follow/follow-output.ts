import type { ResilientClient } from "@orchastration/client";
import { runFacts } from "@orchastration/protocol";
import type { Run, RunState } from "@orchastration/protocol/contract";
import { followFile } from "./follow-file.ts";
import type { Follower, OutputSink } from "./follow-growing.ts";
import { followJournal } from "./follow-journal.ts";
import { type EndedState, isEnded, untilEnded } from "./run-end.ts";

/** One stream of a run's output and where to put it. */
export interface OutputStream {
  readonly name: "stdout" | "stderr";
  readonly sink: OutputSink;
  /** Byte at which to begin. */
  readonly from: number;
}

export interface FollowedEnd {
  readonly state: EndedState;
  /** Streams of which less is left than was recorded. */
  readonly truncated: readonly OutputStream["name"][];
}

/**
 * Hands on the output of a run as it grows, and answers when the outcome is committed and all that belongs to the run has been handed on.
 * Rejects with a sink's error as soon as it fails.
 */
export async function followOutput(
  client: Pick<ResilientClient, "subscribe">,
  run: Run,
  streams: readonly OutputStream[],
  onEvent: (name: string) => void = () => {},
): Promise<FollowedEnd> {
  const present = run.isTty ? streams.filter(({ name }) => name === "stdout") : streams;
  const followers = new Map<OutputStream["name"], Follower>();
  const failure = Promise.withResolvers<never>();
  const start = (): void => {
    for (const stream of present) {
      const { name } = stream;
      if (followers.has(name)) continue;
      const follower = followStream(run, stream);
      follower.done.catch(failure.reject);
      followers.set(name, follower);
    }
  };
  if (run.state.status === "running" || run.state.status === "stopping") start();

  const finish = async (): Promise<FollowedEnd> => {
    const state = await untilEnded(client, run, (name) => {
      if (name === "run.launched") start();
      onEvent(name);
    });
    start();
    for (const [name, follower] of followers) follower.finishAt(sizeOf(state, name));
    const truncated: OutputStream["name"][] = [];
    for (const [name, follower] of followers) if ((await follower.done) < sizeOf(state, name)) truncated.push(name);
    return { state, truncated };
  };
  return await Promise.race([finish(), failure.promise]);
}

/** The output of a terminal is all stdout: it has no stderr apart. */
export function followStream(run: Run, { name, sink, from }: OutputStream): Follower {
  const path = pathOf(run, name);
  return run.isTty && name === "stdout" ? followJournal(path, sink, from) : followFile(path, sink, from);
}

export function pathOf({ output }: Run, stream: OutputStream["name"]): string {
  return stream === "stdout" ? output.stdoutPath : output.stderrPath;
}

/** Bytes that belong to a run which has ended; what a surviving descendant appends later does not. */
export function sizeOf(state: RunState, stream: OutputStream["name"]): number {
  const summary = isEnded(state) ? runFacts(state).summary : null;
  if (summary === null) return 0;
  return stream === "stdout" ? summary.stdoutBytes : summary.stderrBytes;
}
