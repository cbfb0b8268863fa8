import { spawn } from "node:child_process";

export interface GhCall {
  /** Absolute. */
  readonly program: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
}

export type GhOutcome =
  | { readonly kind: "ended"; readonly code: number | null; readonly stdout: string; readonly stderr: string }
  | { readonly kind: "deadline" | "cancelled" }
  | { readonly kind: "not-started"; readonly why: string };

/** gh prints an address, or why there is none. */
const MOST_OUTPUT_BYTES = 64 * 1024;

/** Nobody sits at a terminal, and what gh says is read by a program. */
const UNATTENDED = {
  GH_PROMPT_DISABLED: "1",
  GH_NO_UPDATE_NOTIFIER: "1",
  GH_SPINNER_DISABLED: "1",
  GH_PAGER: "",
  NO_COLOR: "1",
  GIT_TERMINAL_PROMPT: "0",
  // gh asks git about remotes, in a repository whose configuration is not trusted.
  GIT_CONFIG_COUNT: "2",
  GIT_CONFIG_KEY_0: "core.fsmonitor",
  GIT_CONFIG_VALUE_0: "false",
  GIT_CONFIG_KEY_1: "core.hooksPath",
  GIT_CONFIG_VALUE_1: "/dev/null",
};

/** gh with its arguments as they are; it and what it has started end when the deadline has passed. */
export function runGh(args: readonly string[], call: GhCall): Promise<GhOutcome> {
  const { program, directory, env, deadlineMs, signal } = call;
  return new Promise((resolve) => {
    const child = spawn(program, [...args], {
      cwd: directory,
      env: { ...env, ...UNATTENDED },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own: what gh starts ends with it.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    let early: "deadline" | "cancelled" | undefined;
    const end = (why: "deadline" | "cancelled"): void => {
      early ??= why;
      if (child.pid === undefined) return;
      if (process.platform === "win32") child.kill("SIGKILL");
      else killGroup(child.pid);
      // Somebody who left its group may hold the pipes open for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => end("deadline"), deadlineMs);
    const cancel = (): void => end("cancelled");
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const settle = (outcome: GhOutcome): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      resolve(outcome);
    };
    child.once("error", (error) => settle({ kind: "not-started", why: error.message }));
    child.once("close", (code) =>
      settle(early === undefined ? { kind: "ended", code, stdout: stdout(), stderr: stderr() } : { kind: early }),
    );
  });
}

/** The child was not waited for yet, so that the group is its own. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    if (bytes < MOST_OUTPUT_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  });
  return () => Buffer.concat(chunks).subarray(0, MOST_OUTPUT_BYTES).toString("utf8");
}
