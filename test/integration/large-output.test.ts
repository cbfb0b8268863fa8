import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import type { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CLI, createHome, type Home } from "../support/home.ts";
import { until } from "../support/until.ts";

const BYTES = 2 ** 30;
/** Lines of numbers: no two places of it are alike. */
const WRITER = ["run", "--", "sh", "-c", `seq 1000000000 | head -c ${BYTES}`];

let home: Home;

beforeEach(() => {
  home = createHome();
});
afterEach(() => home[Symbol.asyncDispose]());

type Client = ChildProcessByStdio<null, Readable, null>;

function startClient(): Client {
  return spawn(process.execPath, [CLI, ...WRITER], {
    cwd: home.cwd,
    env: home.env,
    stdio: ["ignore", "pipe", "ignore"],
  });
}

interface Received {
  readonly bytes: number;
  readonly sha256: string;
}

async function readAll(client: Client): Promise<Received> {
  const ended = once(client, "close");
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of client.stdout as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  await ended;
  return { bytes, sha256: hash.digest("hex") };
}

/** The most memory the process ever had. */
function peakMiB(pid: number): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) / 1024;
}

async function expectModestMemory(): Promise<void> {
  const status = await home.json(["daemon", "status"]);
  const supervisors = status.supervisors as { pid: number }[];
  expect(supervisors).not.toHaveLength(0);
  expect(peakMiB(Number(status.pid))).toBeLessThan(180);
  for (const { pid } of supervisors) expect(peakMiB(pid)).toBeLessThan(100);
}

async function expectRecordOf(received: Received): Promise<void> {
  expect(received.bytes).toBe(BYTES);
  const record = await home.json(["show", "adhoc"]);
  expect(record).toMatchObject({ status: "succeeded", exit_code: 0, stdout_sha256: received.sha256 });
  expect(statSync(String(record.stdout_path)).size).toBe(BYTES);
}

test("a gibibyte arrives as it was written, and nobody holds it in memory", async () => {
  const client = startClient();
  const received = await readAll(client);
  expect(client.exitCode).toBe(0);
  await expectRecordOf(received);
  await expectModestMemory();
});

test("a client that reads nothing until the end delays nobody and gets everything", async () => {
  const client = startClient();
  await until(async () => (await home.cli(["--json", "show", "adhoc"])).stdout.includes('"status":"succeeded"'));
  expect(peakMiB(client.pid ?? 0)).toBeLessThan(100);
  await expectRecordOf(await readAll(client));
  expect(client.exitCode).toBe(0);
  await expectModestMemory();
});
