import { statSync } from "node:fs";
import type { Run } from "@orchastration/protocol/contract";
import { openJournal } from "@orchastration/protocol/node";
import type { Action } from "../command.ts";
import { UsageError } from "../command-error.ts";
import type { Args } from "../command-spec.ts";
import type { logs } from "../commands/logs.ts";
import type { Context } from "../context.ts";
import type { OutputSink } from "../follow/follow-growing.ts";
import { followOutput, followStream, type OutputStream, pathOf, sizeOf } from "../follow/follow-output.ts";
import { isEnded } from "../follow/run-end.ts";
import { describeDrop } from "../output/describe-drop.ts";
import { createReadableSink } from "../output/readable-sink.ts";
import type { Terminal } from "../output/terminal.ts";
import { write } from "../output/write.ts";

export const run: Action<typeof logs> = async (context, args) => {
  const { search, run: reference } = args;
  if (search !== undefined) {
    const { searchOutput } = await import("../search/search-output.ts");
    return await searchOutput(context, { ...args, text: search });
  }
  if (reference === undefined) {
    throw new UsageError(
      "logs needs a run.",
      "Write `orchastration logs <run>`, or `orchastration logs --search <text>` for all runs.",
    );
  }
  return await printOutput(context, reference, args);
};

async function printOutput(context: Context, reference: string, args: Args<typeof logs>): Promise<number> {
  const client = await context.connectResiliently();
  const { run, droppedOutput } = await client.call("run.get", { context: context.caller, run: reference });
  if (droppedOutput !== undefined) {
    client.close();
    await context.output.warn(`The output of run ${run.id} is gone: ${describeDrop(droppedOutput)}.`);
    return 0;
  }
  const streams = streamsOf(context, args, run);
  const outputs = streams.map(({ name, from, target }) => ({
    name,
    from,
    sink: sayingGaps(target.write, from, (gap) =>
      context.output.warn(`Bytes ${gap} of the ${name} of run ${run.id} are missing: its journal has dropped them.`),
    ),
  }));
  const truncated = args.follow
    ? (await followOutput(client, run, outputs)).truncated
    : await copyPresent(run, outputs);
  client.close();
  for (const { target } of streams) await target.end();
  for (const name of truncated) {
    await context.output.warn(
      `Part of the ${name} of run ${run.id} is missing: ${pathOf(run, name)} was changed or removed.`,
    );
  }
  return 0;
}

interface Target {
  readonly write: OutputSink;
  end(): Promise<void>;
}

interface Stream extends Omit<OutputStream, "sink"> {
  readonly target: Target;
}

/**
 * Both streams, each to its own; one of them, to stdout, when it is chosen by name or by an offset into it. A terminal has one stream alone, of
 * which the beginning may have been dropped.
 */
function streamsOf(context: Context, { stderr, sinceOffset, raw }: Args<typeof logs>, run: Run): readonly Stream[] {
  if (run.isTty && stderr) return [];
  const from = sinceOffset ?? 0;
  const stream = (name: OutputStream["name"], terminal: Terminal): Stream => ({
    name,
    from,
    target: context.globals.json ? jsonTarget(context, name) : textTarget(terminal, raw),
  });
  if (stderr) return [stream("stderr", context.stdout)];
  if (sinceOffset !== undefined || run.isTty) return [stream("stdout", context.stdout)];
  return [stream("stdout", context.stdout), stream("stderr", context.stderr)];
}

/** Says which bytes are passed over, before what comes after them. */
function sayingGaps(sink: OutputSink, from: number, say: (gap: string) => Promise<void>): OutputSink {
  let expected = from;
  return async (bytes, offset) => {
    if (offset > expected) await say(`${expected} to ${offset - 1}`);
    expected = offset + bytes.length;
    await sink(bytes, offset);
  };
}

function textTarget(terminal: Terminal, isRaw: boolean): Target {
  const exact = { write: (bytes: Uint8Array) => write(terminal, bytes), end: () => Promise.resolve() };
  return terminal.isTTY && !isRaw ? createReadableSink(exact.write) : exact;
}

function jsonTarget({ output }: Context, stream: OutputStream["name"]): Target {
  return {
    write: (bytes, offset) =>
      output.jsonLine<"logsLine">({ stream, offset, base64: Buffer.from(bytes).toString("base64") }),
    end: () => Promise.resolve(),
  };
}

/** What there is now of a live run, all of one that has ended. Answers which streams are shorter than recorded. */
async function copyPresent(run: Run, streams: readonly OutputStream[]): Promise<readonly OutputStream["name"][]> {
  const truncated: OutputStream["name"][] = [];
  for (const stream of streams) {
    const { name } = stream;
    const size = isEnded(run.state) ? sizeOf(run.state, name) : presentSize(run, name);
    const follower = followStream(run, stream);
    follower.finishAt(size);
    if ((await follower.done) < size) truncated.push(name);
  }
  return truncated;
}

function presentSize(run: Run, name: OutputStream["name"]): number {
  const path = pathOf(run, name);
  return run.isTty ? openJournal(path).endOffset : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
}
