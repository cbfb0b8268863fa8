import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Orchestration, Run } from "@orchastration/protocol/contract";
import { findNameFault } from "../domain/safe-name.ts";

/** What the place of a run's files depends on. */
export type RecordedRun = Pick<Run, "kind" | "name" | "repository" | "queuedAt" | "isTty">;

export type RecordPaths = Pick<Run, "recordPath" | "output">;

/** Bytes of a repository's folder name that are kept: what follows it must fit into 255 as well. */
const LONGEST_FOLDER_NAME_BYTES = 100;
const HASH_LENGTH = 8;
const ADHOC_FOLDER = "adhoc";

/** The folder of a run's records: one per job, those of a repository apart from all others. */
function recordFolder(stateDir: string, { kind, name, repository }: Omit<RecordedRun, "isTty">): string {
  if (kind === "adhoc") return join(stateDir, "runs", ADHOC_FOLDER);
  return join(recordRoot(stateDir, repository), "runs", safeFolder(name));
}

function recordRoot(stateDir: string, repository: string | null): string {
  return repository === null ? stateDir : join(stateDir, "repos", repositoryFolder(repository));
}

/** `YYYYMMDDTHHMMSS.mmmZ`: sorts as time does, and is a file name everywhere. */
function recordStamp(time: string): string {
  return time.replaceAll(/[-:]/g, "");
}

/**
 * Where the files of a run stand: the first place that neither the registry nor the disk has taken. Nobody else can take it meanwhile: the daemon
 * is the only one that creates runs, and asks inside the transaction that declares this one.
 */
export function chooseRecordPaths(
  stateDir: string,
  run: RecordedRun,
  isTaken: (recordPath: string) => boolean,
): RecordPaths {
  for (const stem of recordStems(stateDir, run)) {
    const recordPath = `${stem}.json`;
    const output = run.isTty
      ? { stdoutPath: `${stem}.log`, stderrPath: `${stem}.log` }
      : { stdoutPath: `${stem}.stdout.log`, stderrPath: `${stem}.stderr.log` };
    const files = [recordPath, output.stdoutPath, output.stderrPath];
    if (!isTaken(recordPath) && !files.some((file) => existsSync(file))) return { recordPath, output };
  }
  throw new Error("there is always a further place");
}

/** Where the record of something stands that was done for a task and is no run. */
export function chooseActionRecordPath(
  stateDir: string,
  task: Pick<Run, "name" | "repository">,
  startedAt: string,
  isTaken: (recordPath: string) => boolean,
): string {
  for (const stem of recordStems(stateDir, { ...task, kind: "build", queuedAt: startedAt })) {
    const path = `${stem}.json`;
    if (!isTaken(path) && !existsSync(path)) return path;
  }
  throw new Error("there is always a further place");
}

/** Where the record of a task itself stands. */
export function taskRecordPath(stateDir: string, { name, repository }: Pick<Run, "name" | "repository">): string {
  return join(recordRoot(stateDir, repository), "tasks", `${safeFolder(name)}.json`);
}

/** Without end: the plain one, then numbered ones. */
function* recordStems(stateDir: string, run: Omit<RecordedRun, "isTty">): Generator<string> {
  const first = join(recordFolder(stateDir, run), recordStamp(run.queuedAt));
  yield first;
  for (let n = 2; ; n += 1) yield `${first}-${n}`;
}

function repositoryFolder(path: string): string {
  return `${cut(safeCharacters(basename(path)))}-${hash(path)}`;
}

/** Configuration refuses names that are no file names; one that came another way must not lead out of its folder either. */
function safeFolder(name: string): string {
  return findNameFault(name) === undefined ? name : `${cut(safeCharacters(name))}-${hash(name)}`;
}

function safeCharacters(name: string): string {
  return (
    name
      .normalize("NFC")
      .replaceAll(/[^\p{L}\p{N}_]+/gu, "-")
      .replace(/^-+/, "") || "root"
  );
}

/** At a whole character. */
function cut(name: string): string {
  let kept = "";
  for (const character of name) {
    if (Buffer.byteLength(kept + character) > LONGEST_FOLDER_NAME_BYTES) break;
    kept += character;
  }
  return kept;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);
}

/** Where the record of an orchestration stands, relative to the state directory, free at this moment. */
export function chooseOrchestrationRecord(
  stateDir: string,
  { name, repository, startedAt }: Pick<Orchestration, "name" | "repository" | "startedAt">,
  isTaken: (record: string) => boolean,
): string {
  const root = repository === null ? "" : `repos/${repositoryFolder(repository)}/`;
  const stem = `${root}orchestrations/${safeFolder(name)}/${recordStamp(startedAt)}`;
  for (let n = 1; ; n += 1) {
    const record = `${n === 1 ? stem : `${stem}-${n}`}.json`;
    if (!isTaken(record) && !existsSync(join(stateDir, record))) return record;
  }
}
