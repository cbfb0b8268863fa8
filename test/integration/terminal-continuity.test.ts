import { createHash } from "node:crypto";
import { AttachmentLostError } from "@orchastration/client";
import type { Run } from "@orchastration/protocol/contract";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { attachTo, connectToDaemon, startRun } from "../support/terminal-run.ts";
import { until } from "../support/until.ts";

/** Nothing is lost and nothing comes twice, whoever dies in between. */

let home: Home;

beforeEach(async () => {
  home = createHome();
  await home.cli(["daemon", "start"]);
});
afterEach(() => home[Symbol.asyncDispose]());

const LINES = 20_000;
const WRITTEN = `ready\n${Array.from({ length: LINES }, (_, index) => `${index + 1}\n`).join("")}`;
/** In pieces, so that there is a time in which to come and go; waits before each for a byte. */
const PIECES = 10;
const PROGRAM = `stty raw -echo; echo ready; i=0; while [ $i -lt ${PIECES} ]; do head -c 1 >/dev/null; seq $((i*${LINES / PIECES}+1)) $(((i+1)*${LINES / PIECES})); i=$((i+1)); done`;

type Step = "next piece" | "client leaves" | "client breaks off" | "daemon is killed" | "daemon restarts";

async function withDaemon<T>(use: (daemon: Awaited<ReturnType<typeof connectToDaemon>>) => Promise<T>): Promise<T> {
  await home.cli(["daemon", "start"]);
  const daemon = await connectToDaemon(home);
  return await use(daemon).finally(() => daemon.close());
}

/** What is typed before the program has set its terminal would be echoed. */
async function takeReady(run: Run, seen: Uint8Array[]): Promise<void> {
  const attachment = await attachTo(home, run);
  for await (const event of attachment.events) {
    if (event.kind === "output") seen.push(event.bytes);
    if (Buffer.concat(seen).includes("ready\n")) break;
  }
  attachment.detach();
}

async function disturb(step: Step): Promise<void> {
  if (step === "daemon restarts") await home.cli(["daemon", "restart"]);
  if (step === "daemon is killed") {
    process.kill(Number((await home.json(["daemon", "status"])).pid), "SIGKILL");
    await home.cli(["daemon", "start"]);
  }
}

/** Takes output from an offset until something is to happen; answers it, and whether the terminal has ended. */
async function take(run: Run, from: number, step: Step | undefined, seen: Uint8Array[]): Promise<boolean> {
  const attachment = await attachTo(home, run, { from, budgetBytes: 1024 * 1024 });
  expect(attachment.from).toBe(from);
  attachment.type(Buffer.from("."));
  for await (const event of attachment.events) {
    if (event.kind === "end") return true;
    if (event.kind !== "output") continue;
    seen.push(event.bytes);
    if (step === "client breaks off") return false;
    if (step === "client leaves") attachment.detach();
    if (step !== undefined && step.startsWith("daemon")) await disturb(step);
    if (step !== undefined) break;
  }
  attachment.detach();
  return false;
}

test("whoever comes and goes, what clients saw is what the journal holds and what the program wrote", async () => {
  const steps = fc.array(
    fc.constantFrom<Step>("next piece", "client leaves", "client breaks off", "daemon is killed", "daemon restarts"),
    { minLength: 3, maxLength: 7 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const run = await withDaemon((daemon) => startRun(home, daemon, ["sh", "-c", PROGRAM]));
      const seen: Uint8Array[] = [];
      const sizeOf = (): number => seen.reduce((sum, { length }) => sum + length, 0);
      await takeReady(run, seen);
      for (const step of plan) await take(run, sizeOf(), step, seen);
      // The pieces that are left, each at a key.
      const last = await attachTo(home, run, { from: sizeOf() });
      last.type(Buffer.from(".".repeat(PIECES)));
      for await (const event of last.events) if (event.kind === "output") seen.push(event.bytes);
      const whole = Buffer.concat(seen);
      expect(digestOf(whole)).toBe(digestOf(Buffer.from(WRITTEN)));
      expect(digestOf((await home.cli(["logs", run.id, "--follow"])).stdoutBytes)).toBe(digestOf(whole));
    }),
    { numRuns: 3 },
  );
});

test("a client learns that its supervisor died, and the journal holds what it saw", async () => {
  const run = await withDaemon((daemon) => startRun(home, daemon, ["sh", "-c", "seq 1000; exec sleep 600"]));
  const attachment = await attachTo(home, run);
  const seen: Uint8Array[] = [];
  const { supervisors } = await home.json(["daemon", "status"]);
  const pids = [...(supervisors as readonly { readonly pid: number }[])];
  const follow = async (): Promise<void> => {
    for await (const event of attachment.events) {
      if (event.kind === "output") seen.push(event.bytes);
      if (!Buffer.concat(seen).includes("\n1000\r\n")) continue;
      // What was shown is in the journal some milliseconds later.
      await until(async () => (await home.cli(["logs", run.id])).stdout.endsWith("\n1000\r\n"));
      for (const { pid } of pids.splice(0)) process.kill(pid, "SIGKILL");
    }
  };
  await expect(follow()).rejects.toThrow(AttachmentLostError);
  const { stdoutBytes } = await home.cli(["logs", run.id]);
  expect(stdoutBytes.equals(Buffer.concat(seen))).toBe(true);
});

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
