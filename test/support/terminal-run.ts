import { readFileSync } from "node:fs";
import { type Attachment, type AttachOptions, attach, connect, type DaemonClient } from "@orchastration/client";
import { VERSION } from "@orchastration/protocol";
import type { Params, Run } from "@orchastration/protocol/contract";
import type { Home } from "./home.ts";

const ENVIRONMENT = { PATH: process.env.PATH ?? "/usr/bin:/bin", LANG: "C.UTF-8", TERM: "xterm-256color" };

const contextOf = ({ cwd }: Home) => ({ cwd, configFile: null });

export function connectToDaemon({ stateDir }: Home): Promise<DaemonClient> {
  return connect({ stateDir, clientInfo: { name: "a test", version: VERSION } });
}

/** Starts a run, with a terminal unless told otherwise. */
export async function startRun(
  home: Home,
  daemon: DaemonClient,
  argv: readonly [string, ...string[]],
  more: Partial<Params<"job.run">> = {},
): Promise<Run> {
  const target = { argv };
  const params = { context: contextOf(home), environment: ENVIRONMENT, target, isTty: true, ...more };
  return (await daemon.call("job.run", params)).run;
}

/** An attachment whose events are taken as they come; see {@link follow}. */
export interface Follower {
  readonly attachment: Attachment;
  /** What the session put out since the attachment began; screens are left out. */
  output(): string;
  readonly notices: readonly string[];
  type(text: string): void;
  /** Resolves when the output holds this. Rejects when it ends without. */
  shows(text: string): Promise<void>;
  /** Resolves with what broke it, if anything did. */
  readonly ended: Promise<unknown>;
}

/** Attaches as soon as the run is live. */
export function attachTo(home: Home, run: Run, options: Partial<AttachOptions> = {}): Promise<Attachment> {
  return attachWhenLive({
    connect: () => connectToDaemon(home),
    stateDir: home.stateDir,
    context: contextOf(home),
    session: run.id,
    mode: "control",
    cols: 80,
    rows: 24,
    from: 0,
    ...options,
  });
}

export async function follow(home: Home, run: Run, options: Partial<AttachOptions> = {}): Promise<Follower> {
  const attachment = await attachTo(home, run, options);
  const parts: Uint8Array[] = [];
  const notices: string[] = [];
  const waiting = new Set<() => void>();
  let isEnded = false;
  const output = (): string => Buffer.concat(parts).toString();

  async function take(): Promise<void> {
    for await (const event of attachment.events) {
      if (event.kind === "output") parts.push(event.bytes);
      if (event.kind === "notice") notices.push(event.notice.kind);
      for (const look of waiting) look();
    }
  }
  const ended = take()
    .catch((error: unknown) => error)
    .finally(() => {
      isEnded = true;
      for (const look of waiting) look();
    });

  return {
    attachment,
    output,
    notices,
    ended,
    type: (text) => attachment.type(Buffer.from(text)),
    shows: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output().includes(text)) resolve();
          else if (isEnded) reject(new Error(`ended without ${JSON.stringify(text)}:\n${output().slice(-2_000)}`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
  };
}

async function attachWhenLive(options: AttachOptions): Promise<Attachment> {
  for (;;) {
    try {
      return await attach(options);
    } catch (error) {
      const isStarting = error instanceof Error && /being started|in the queue|at this moment/.test(error.message);
      if (!isStarting) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

export function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
}

/** Processor time a process has used so far, user and system, in the kernel's 10 ms ticks. */
export function processorTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
