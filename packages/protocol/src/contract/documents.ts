import { z } from "zod";
import { configProblem } from "./entities.ts";
import { jobRecord } from "./job-record-document.ts";
import { hashAlgorithm } from "./methods/hash.ts";
import { orchestrationDocuments } from "./orchestration-documents.ts";
import {
  buildDocument,
  generatedDocuments,
  planDocument,
  planList,
  reproduction,
  taskRecord,
  taskRunRecord,
} from "./plan-documents.ts";
import { screenDocument, sessionList } from "./session-documents.ts";
import { agentList, collected, initialized, merged, removed, taskDocument, taskPath } from "./task-documents.ts";

/** `code` is the kind of an error of the catalogue, or one of the command line's own: `Usage`, `DaemonUnreachable`, ... */
export const errorDocument = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string().nullable() }),
});
export type ErrorDocument = z.infer<typeof errorDocument>;

const versionDocument = z.strictObject({ name: z.string(), version: z.string(), node: z.string() });

const jobList = z.strictObject({
  jobs: z.array(
    z.strictObject({
      name: z.string(),
      description: z.string(),
      argv: z.array(z.string()),
      working_dir: z.string(),
      timeout_seconds: z.number().nullable(),
      tty: z.boolean(),
      group: z.string().nullable(),
      priority: z.int(),
      repository: z.string().nullable(),
    }),
  ),
});

/** `runs`: how many were counted, newest first. Times in milliseconds; nulls where nothing is known. */
const runStatistics = z.strictObject({
  runs: z.int(),
  jobs: z.array(
    z.strictObject({
      job_name: z.string(),
      repository: z.string().nullable(),
      runs: z.int(),
      succeeded: z.int(),
      failed: z.int(),
      stopped: z.int(),
      success_rate: z.number().nullable(),
      median_ms: z.number().nullable(),
      p95_ms: z.number().nullable(),
      last_failure: z.strictObject({ run_id: z.string(), status: z.string(), time: z.string() }).nullable(),
    }),
  ),
});

/** Statistics with `--stats`. */
const runList = z.union([z.strictObject({ runs: z.array(jobRecord) }), runStatistics]);

const runDifference = z.strictObject({
  left: jobRecord,
  right: jobRecord,
  differences: z.array(z.strictObject({ field: z.string(), left: z.unknown(), right: z.unknown() })),
});

/** A piece of a run's output. `offset` counts bytes from the beginning of its stream. */
const outputChunk = z.strictObject({ stream: z.enum(["stdout", "stderr"]), offset: z.int(), base64: z.base64() });

/** A line with the text that `--search` looks for; `offset` is the one for `--since-offset`. */
const searchHitDocument = z.strictObject({
  run_id: z.string(),
  job_name: z.string(),
  stream: z.enum(["stdout", "stderr"]),
  offset: z.int(),
  line: z.string(),
});

const logsLine = z.union([outputChunk, searchHitDocument]);

const hashFailureDocument = z.strictObject({ kind: z.string(), message: z.string() });

const statusDocument = z.strictObject({
  jobs: z.array(z.strictObject({ name: z.string(), description: z.string(), last_run: jobRecord.nullable() })),
  /** Canonical path of the repository around the caller; null outside of any. */
  repository: z.string().nullable(),
  tasks: z.array(taskDocument),
  /** Task files that cannot be read as they are. */
  problems: z.array(
    z.strictObject({
      file: z.string(),
      line: z.int().nullable(),
      message: z.string(),
      suggestion: z.string().nullable(),
    }),
  ),
});

/**
 * How a stay at a terminal ended: with the run, or before it. `exit_code` is the run's, null while it goes on. The offsets are those of the run's
 * output when the stay began and ended.
 */
const attachmentEnd = z.strictObject({
  run_id: z.string(),
  job_name: z.string(),
  outcome: z.enum(["ended", "detached"]),
  exit_code: z.int().nullable(),
  from_offset: z.int(),
  to_offset: z.int(),
});

/** One file: its digest, why there is none, or with `--check` whether the digest is the expected one. */
const hashLine = z.union([
  z.strictObject({ file: z.string(), algorithm: hashAlgorithm, hash: z.string() }),
  z.strictObject({ file: z.string(), error: hashFailureDocument }),
  z.strictObject({ file: z.string(), algorithm: hashAlgorithm, status: z.enum(["ok", "failed"]) }),
]);

/** An event exactly as it is stored: `entry` is the text that is hashed. */
const auditEntry = z.strictObject({ seq: z.int(), hash: z.string(), entry: z.string() });

const auditVerification = z.strictObject({
  ok: z.boolean(),
  from: z.int(),
  to: z.int(),
  events: z.int(),
  heads: z.int(),
  outputs: z.int(),
  outputs_gone: z.int(),
  difference: z.strictObject({ seq: z.int(), reason: z.string() }).nullable(),
});

const auditExportCheck = z.strictObject({
  ok: z.boolean(),
  file: z.string(),
  flaw: z.string().nullable(),
  entity: z.string().nullable(),
  head_seq: z.int().nullable(),
  head_hash: z.string().nullable(),
  events: z.int().nullable(),
  events_left_out: z.int().nullable(),
  subjects: z.array(
    z.strictObject({ name: z.string(), algorithm: z.enum(["sha256", "gitCommit"]), digest: z.string() }),
  ),
});

const auditExport = z.strictObject({ file: z.string(), head_seq: z.int(), events_of_others: z.int() });

const auditKey = z.strictObject({ public_key: z.string(), key_id: z.string() });

const configFile = z.strictObject({
  layer: z.enum(["global", "project"]),
  file: z.string(),
  exists: z.boolean(),
  used: z.boolean(),
});

const configFiles = z.strictObject({ files: z.array(configFile) });

const configValues = z.strictObject({
  entries: z.array(
    z.strictObject({
      key: z.string(),
      value: z.unknown(),
      layer: z.string(),
      file: z.string().nullable(),
      line: z.int().nullable(),
    }),
  ),
});

const configProblems = z.strictObject({ files: z.array(configFile), problems: z.array(configProblem.strict()) });

const trustState = z.strictObject({
  root: z.string(),
  trusted: z.boolean(),
  files: z
    .array(z.strictObject({ path: z.string(), sha256: z.string().nullable() }))
    .describe("A digest of null: the file cannot be read."),
  changed: z.array(z.strictObject({ path: z.string(), change: z.enum(["added", "removed", "modified"]) })),
  agent_folders: z.array(z.string()),
});

const stoppedDaemon = z.strictObject({ running: z.literal(false), state_dir: z.string(), log_file: z.string() });
const runningDaemon = z.strictObject({
  running: z.literal(true),
  pid: z.int(),
  version: z.string(),
  socket: z.string(),
  state_dir: z.string(),
  log_file: z.string(),
  started_at: z.string(),
  sessions: z.int(),
  queued_runs: z.int(),
  connections: z.int(),
  head_seq: z.int(),
  supervisors: z.array(
    z.strictObject({
      id: z.string(),
      pid: z.int(),
      version: z.string(),
      sessions: z.int(),
      draining: z.boolean(),
      responsive: z.boolean(),
    }),
  ),
  warnings: z.array(z.string()),
});
const daemonState = z.union([runningDaemon, stoppedDaemon]);

/** `sessions`: how many go on without the daemon. */
const daemonEnd = z.strictObject({ was_running: z.boolean(), sessions: z.int() });

/** A line of the log file; further fields name what it is about. */
const logLine = z.looseObject({ timestamp: z.string(), level: z.string(), message: z.string() });

/** What makes the system start the daemon: the files it needs, and the commands that make them known to it. */
const serviceDocument = z.strictObject({
  files: z.array(z.strictObject({ path: z.string(), content: z.string() })),
  commands: z.array(z.array(z.string())),
  dry_run: z.boolean(),
});

const diagnosis = z.strictObject({
  findings: z.array(
    z.strictObject({
      check: z.string(),
      status: z.enum(["ok", "warning", "error"]),
      message: z.string(),
      hint: z.string().nullable(),
    }),
  ),
  rewritten_records: z.int(),
  repaired: z.array(z.string()),
});

/** What the commands print with `--json`, by the name under which the command table refers to it. A failure is always an `error`. */
export const documents = {
  error: errorDocument,
  version: versionDocument,
  jobRecord,
  taskRecord,
  taskRunRecord,
  planList,
  plan: planDocument,
  build: buildDocument,
  generatedDocuments,
  run: z.union([jobRecord, reproduction]),
  jobList,
  status: statusDocument,
  runList,
  runDifference,
  logsLine,
  sessionList,
  screen: screenDocument,
  task: taskDocument,
  taskPath,
  initialized,
  agentList,
  merged,
  collected,
  removed,
  attachmentEnd,
  ...orchestrationDocuments,
  hashLine,
  configFiles,
  configValues,
  configProblems,
  trustState,
  daemonState,
  daemonEnd,
  logLine,
  service: serviceDocument,
  diagnosis,
  auditEntry,
  auditVerification,
  auditExport,
  auditExportCheck,
  auditKey,
} as const;
export type DocumentName = keyof typeof documents;
export type Document<N extends DocumentName> = z.infer<(typeof documents)[N]>;
