import { watch } from "node:fs";
import { entityOfRun } from "@orchastration/protocol";
import type { Params, Result, Run } from "@orchastration/protocol/contract";
import { openJournal, readIfPresent } from "@orchastration/protocol/node";
import { hasEnded } from "../domain/run-machine.ts";
import type { Registry } from "../registry/registry.ts";

const DEFAULT_BYTES = 64 * 1024;

type Request = Pick<Params<"session.read">, "stream" | "fromOffset" | "maxBytes" | "waitMs">;

export type ReadOutput = (run: Run, request: Request, signal: AbortSignal) => Promise<Result<"session.read">>;

/**
 * Reads the output of a run, live or ended, from where it is kept: the files of a run with pipes, the journal of one with a terminal. Waits for more
 * when there is none and the caller wants to.
 * @throws the signal's reason
 */
export function createReadOutput(registry: Pick<Registry, "runs" | "onCommitted">): ReadOutput {
  return async ({ id }, { stream = "stdout", fromOffset, maxBytes = DEFAULT_BYTES, waitMs = 0 }, signal) => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
    for (;;) {
      const run = registry.runs.get(id);
      const change = nextChange(id, pathOf(run, stream), deadline);
      try {
        const slice = read(run, stream, fromOffset, maxBytes);
        const nextOffset = slice.offset + slice.bytes.length;
        const isOver = hasEnded(run.state) && nextOffset >= endOf(run, stream);
        if (slice.bytes.length > 0 || isOver || deadline.aborted) {
          signal.throwIfAborted();
          const data = Buffer.from(slice.bytes).toString("base64");
          return { data, offset: slice.offset, nextOffset, hasEnded: isOver };
        }
        await change.happened;
      } finally {
        change.dispose();
      }
    }
  };

  /**
   * More output, or an event of this run. Made before the look that finds nothing, so that what happens right after it is not missed. What other
   * runs do wakes nobody.
   */
  function nextChange(
    id: string,
    path: string,
    deadline: AbortSignal,
  ): { readonly happened: Promise<void>; dispose(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const ours = entityOfRun(id);
    const onAbort = (): void => resolve();
    deadline.addEventListener("abort", onAbort);
    const stopListening = registry.onCommitted((events) => {
      if (events.some(({ entity }) => entity === ours)) resolve();
    });
    const stopWatching = watchPath(path, resolve);
    return {
      happened: promise,
      dispose() {
        deadline.removeEventListener("abort", onAbort);
        stopListening();
        stopWatching();
      },
    };
  }
}

interface Slice {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

function read(run: Run, stream: "stdout" | "stderr", offset: number, maxBytes: number): Slice {
  if (run.isTty)
    return stream === "stdout"
      ? openJournal(run.output.stdoutPath).read(offset, maxBytes)
      : { offset, bytes: new Uint8Array() };
  // What a surviving descendant appends after the end is not this run's.
  const allowed = hasEnded(run.state) ? Math.max(0, endOf(run, stream) - offset) : maxBytes;
  // Not started yet, or cancelled before it was: no file.
  const bytes = readIfPresent(pathOf(run, stream), offset, Math.min(maxBytes, allowed));
  return { offset, bytes: bytes ?? Buffer.alloc(0) };
}

function endOf({ state }: Run, stream: "stdout" | "stderr"): number {
  if (!("summary" in state)) return 0;
  return stream === "stdout" ? state.summary.stdoutBytes : state.summary.stderrBytes;
}

function pathOf({ output }: Run, stream: "stdout" | "stderr"): string {
  return stream === "stdout" ? output.stdoutPath : output.stderrPath;
}

/** A path that is not there yet comes with a commit. */
function watchPath(path: string, onChange: () => void): () => void {
  try {
    const watcher = watch(path, { persistent: false }, onChange);
    watcher.on("error", onChange);
    return () => watcher.close();
  } catch {
    return () => {};
  }
}
