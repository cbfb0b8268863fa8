import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { methods, type Run, type RunState } from "@orchastration/protocol/contract";
import type { ToyDaemon } from "../../../../test/support/toy-daemon.ts";

const STARTED_AT = "2026-11-01T09:15:00.004Z";
const ENDED_AT = "2026-11-01T09:15:00.104Z";

/** A run whose life a test plays: its files are real, its events are committed by hand. */
export interface ToyRun {
  readonly id: string;
  /** As the daemon would answer it now. */
  readonly current: () => Run;
  launch(): void;
  write(stream: "stdout" | "stderr", text: string): void;
  end(name: "succeeded" | "failed" | "timedOut" | "stopped" | "lost", end?: Partial<End>): void;
  cancel(): void;
}

interface End {
  readonly exit: { readonly code: number } | { readonly signal: string } | null;
  readonly reason: string | null;
}

export function createToyRun(directory: string, daemon: () => ToyDaemon): ToyRun {
  const example = methods["job.run"].example.result.run as unknown as Run;
  const files = join(directory, "run-files");
  mkdirSync(files, { recursive: true });
  const output = { stdoutPath: join(files, "out.log"), stderrPath: join(files, "err.log") };
  const written = { stdout: 0, stderr: 0 };
  let state: RunState = { status: "queued" };
  let eventSeq = 1;

  const entity = `run:${example.id}`;
  const commit = (name: string, payload: Record<string, unknown>): void => {
    eventSeq++;
    daemon().commit(name, entity, { run: example.id, ...payload });
  };
  return {
    id: example.id,
    current: () => ({ ...example, output, state, eventSeq }),
    launch() {
      for (const path of Object.values(output)) writeFileSync(path, "");
      const process = { pid: 1, startTime: "1", bootId: "b" };
      state = { status: "running", startedAt: STARTED_AT, process };
      commit("run.prepared", {});
      commit("run.launched", { process, startedAt: STARTED_AT });
    },
    write(stream, text) {
      appendFileSync(output[`${stream}Path`], text);
      written[stream] += Buffer.byteLength(text);
    },
    end(name, { exit = { code: 0 }, reason = null } = {}) {
      const summary = {
        stdoutBytes: written.stdout,
        stderrBytes: written.stderr,
        stdoutSha256: null,
        stderrSha256: null,
      };
      const payload = { endedAt: ENDED_AT, durationMs: 99.6, exit, summary, reason };
      const status = name === "timedOut" ? "timed_out" : name;
      state = { status, startedAt: STARTED_AT, ...payload } as RunState;
      commit(`run.${name}`, payload);
    },
    cancel() {
      state = { status: "cancelled", endedAt: ENDED_AT, reason: "cancelled by ada" };
      commit("run.cancelled", { endedAt: ENDED_AT, reason: "cancelled by ada" });
    },
  };
}
