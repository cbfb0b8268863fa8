import type { z } from "zod";
import type { context, job, run } from "../entities.ts";
import type { task } from "../task.ts";

/** Values shared by the examples of the contract, which documentation shows and a test replays. */
export const exampleContext = { cwd: "/home/ada/project", configFile: null } satisfies z.infer<typeof context>;

export const exampleJob = {
  name: "sample",
  description: "List current directory",
  argv: ["ls", "-la"],
  workingDir: ".",
  timeoutMs: 10_000,
  isTty: false,
  group: null,
  priority: 0,
  outputs: [],
  repository: null,
} satisfies z.infer<typeof job>;

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const records = "/home/ada/.cache/orchastration/state/runs/sample/20261101T091500.000Z";

export const exampleRun = {
  id: "7k3m9q2x5r8t",
  kind: "job",
  name: "sample",
  repository: null,
  argv: ["ls", "-la"],
  workingDir: "/home/ada/project",
  isTty: false,
  timeoutMs: 10_000,
  group: null,
  priority: 0,
  requestedBy: { kind: "person", name: "ada" },
  environmentDigest: "5d41402abc4b2a76b9719d911017c592",
  base: null,
  queuedAt: "2026-11-01T09:15:00.000Z",
  output: { stdoutPath: `${records}.stdout.log`, stderrPath: `${records}.stderr.log` },
  recordPath: `${records}.json`,
  os: "linux",
  binaryVersion: "0.1.0",
  state: {
    status: "succeeded",
    startedAt: "2026-11-01T09:15:00.004Z",
    endedAt: "2026-11-01T09:15:00.009Z",
    durationMs: 5.1,
    exit: { code: 0 },
    summary: { stdoutBytes: 0, stderrBytes: 0, stdoutSha256: EMPTY_SHA256, stderrSha256: EMPTY_SHA256 },
  },
  eventSeq: 5,
  eventHash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
} satisfies z.infer<typeof run>;

export const exampleQueuedRun = {
  ...exampleRun,
  state: { status: "queued" },
  eventSeq: 1,
} satisfies z.infer<typeof run>;

export const exampleTask = {
  id: "4p8s2m6n1c7w",
  kind: "file",
  repository: "/home/ada/project",
  number: 3,
  slug: "login",
  createdAt: "2026-11-01T09:10:00.000Z",
  title: "Fix the login",
  baseBranch: "main",
  agent: null,
  labels: [],
  lease: null,
  run: null,
  conversation: null,
  mergeIntent: null,
  state: { status: "draft" },
  eventSeq: 4,
} satisfies z.infer<typeof task>;
