import type {
  Actor,
  AuthoredTask,
  DeclaredOrchestration,
  DeclaredTask,
  EventName,
  EventPayload,
  Orchestration,
  Run,
  StoredEvent,
  Task,
} from "@orchastration/protocol/contract";
import type { LaterOrchestrationEvent } from "../domain/orchestration-machine.ts";
import type { Advance } from "../domain/run-machine.ts";
import type { EndedRun } from "../domain/run-statistics.ts";
import type { TaskEvent } from "../domain/task-machine.ts";
import type { ChainLink, Head, Verification } from "./hash-chain.ts";

/** What is known of a run before anything was started; it never changes afterwards. */
export type DeclaredRun = Omit<Run, "state" | "eventSeq" | "eventHash">;

export interface RunQuery {
  readonly name?: string | undefined;
  /** Canonical path of a repository; null: the global configuration; absent: all of them. */
  readonly repository?: string | null | undefined;
  /** Only runs that failed, timed out or were lost. */
  readonly isFailed?: boolean | undefined;
  readonly limit: number;
  /** Id of a run: only runs queued before it. */
  readonly before?: string | undefined;
}

export interface EndedRunQuery {
  readonly name?: string | undefined;
  /** A key: only runs queued before that one. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Lists are newest first, by the order in which runs were queued, unless they say otherwise. */
export interface RunReader {
  find(id: string): Run | undefined;
  /** @throws OrchastrationError RunNotFound */
  get(id: string): Run;
  findByPrefix(prefix: string, limit: number): readonly Run[];
  /** @throws OrchastrationError RunNotFound when `before` is no run */
  list(query: RunQuery): readonly Run[];
  lastByName(name: string, repository: string | null): Run | undefined;
  /** Less of each run than `list` reads, for those who count. `key` is its place in the order of runs. */
  listEnded(query: EndedRunQuery): readonly (EndedRun & { readonly key: number })[];
  /** Runs that have not ended, oldest first. */
  unfinished(): readonly Run[];
  /** Runs in the queue in starting order: by priority, then by age. */
  queued(): readonly Run[];
  /** Runs that ended after that event, in the order in which they ended. Other statements may run between two of them. */
  endedAfter(seq: number): Iterable<Run>;
  isRecordPathTaken(recordPath: string): boolean;
}

/** Removed tasks are in none of these. */
export interface TaskReader {
  find(id: string): Task | undefined;
  /** @throws OrchastrationError TaskNotFound */
  get(id: string): Task;
  /** Tasks of a repository, or of the global configuration (null): those with a file by number, then the configured ones by name. */
  list(repository: string | null): readonly Task[];
  /** Of every repository, oldest first. */
  listAll(): readonly Task[];
  findByName(repository: string | null, kind: Task["kind"], slug: string): Task | undefined;
  findByNumber(repository: string, number: number): Task | undefined;
  /** Also by a task that has been removed. */
  isNumberTaken(repository: string, number: number): boolean;
  /** The highest number ever given in a repository, also to a task that has been removed; 0 when there was none. */
  highestNumber(repository: string): number;
}

export interface OrchestrationReader {
  find(id: string): Orchestration | undefined;
  /** @throws OrchastrationError OrchestrationNotFound */
  get(id: string): Orchestration;
  /** The newest of that name, for one task or whatever for. */
  findLast(query: {
    readonly name: string;
    readonly repository: string | null;
    readonly task?: string | null;
  }): Orchestration | undefined;
  /** Those that have not ended, oldest first. */
  unfinished(): readonly Orchestration[];
  /** Every one, oldest first. Other statements may run between two of them. */
  all(): Iterable<Orchestration>;
  isRecordTaken(record: string): boolean;
}

export interface EventReader {
  /** Seq of the newest event; 0 when there is none. */
  headSeq(): number;
  /** At most `limit` events after that seq, oldest first. */
  readAfter(seq: number, limit: number): readonly StoredEvent[];
  /** The same for one entity; of a run it costs what it answers, not what the log holds. */
  readEntityAfter(entity: string, seq: number, limit: number): readonly StoredEvent[];
  /** Where the log stood after that event; 0: before the first. @throws RangeError when there is no such event */
  headAt(seq: number): Head;
  /** At most `limit` events after that seq exactly as they are stored, oldest first. */
  linksAfter(seq: number, limit: number): readonly ChainLink[];
  /** The same for one entity. */
  entityLinksAfter(entity: string, seq: number, limit: number): readonly ChainLink[];
  /** The same for a task and its runs; also of a task that has been removed. */
  taskLinksAfter(task: string, seq: number, limit: number): readonly ChainLink[];
}

export interface VerifyOptions {
  /** Seq of the first event that is looked at; what lies before is believed. Absent: 1. */
  readonly from?: number;
  /** Seq of the last one; absent: all there are. */
  readonly to?: number;
  readonly signal?: AbortSignal;
  /** Told the seq of the newest event that has been looked at. */
  readonly onProgress?: (seq: number) => void;
}

/** Environment names, each with the digest of its value: 16 bytes, hexadecimal, salted per registry. */
export type EnvironmentNames = Readonly<Record<string, string>>;

export interface EnvironmentReader {
  find(digest: string): EnvironmentNames | undefined;
}

export interface RegistryReader {
  readonly runs: RunReader;
  readonly tasks: TaskReader;
  readonly orchestrations: OrchestrationReader;
  readonly events: EventReader;
  readonly environments: EnvironmentReader;
  /** Every run that ended with this event or an earlier one has its record file; 0: nothing is known of them. */
  recordsSettledThrough(): number;
}

type OtherEventName = Exclude<EventName, `run.${string}` | `task.${string}` | `orchestration.${string}`>;

/** An event that changes no run, task or orchestration. One that belongs to a run all the same has that as its entity. */
export type OtherEvent = {
  [N in OtherEventName]: {
    readonly name: N;
    readonly entity: string;
    readonly payload: EventPayload<N>;
    readonly actor: Actor;
  };
}[OtherEventName];

/** Position and hash (hexadecimal) of an appended event. */
export interface Appended {
  readonly seq: number;
  readonly hash: string;
}

/** The task of a run follows in the same transaction. */
export interface RunWriter {
  /** Puts a run into the queue, with its `run.queued` event by whoever asked for it. */
  insert(declared: DeclaredRun): Run;
  /** Takes a step that the table of run-machine.ts allowed, with the event that says so. */
  transition(id: string, advance: Advance, actor: Actor): Run;
}

export interface TaskWriter {
  /** With its `task.created` event. A number or slug that is taken fails on its unique index. */
  create(declared: Omit<DeclaredTask, "id">, authored: AuthoredTask, actor: Actor): Task;
  /** Appends an event that task-machine.ts allowed, and answers the task as it is then. */
  apply(id: string, event: TaskEvent, actor: Actor): Task;
}

export interface OrchestrationWriter {
  /** Another one of that name at work fails on its unique index. */
  start(declared: DeclaredOrchestration, actor: Actor): Orchestration;
  /** @throws OrchastrationError IllegalTransition when the table of orchestration-machine.ts does not allow it */
  apply(event: LaterOrchestrationEvent, actor: Actor): Orchestration;
}

export interface EventWriter {
  /** Events of runs go with `runs.insert` and `runs.transition`, those of tasks and orchestrations with their writers. */
  append(event: OtherEvent): Appended;
}

export interface EnvironmentWriter {
  /** The digest stands for this environment for ever. Names and salted digests of values are kept, values never are. */
  intern(environment: Readonly<Record<string, string>>): string;
}

/** Valid only while the closure it was given to runs. What it writes is seen by its own reads at once. */
export interface RegistryWriter extends RegistryReader {
  readonly runs: RunReader & RunWriter;
  readonly tasks: TaskReader & TaskWriter;
  readonly orchestrations: OrchestrationReader & OrchestrationWriter;
  readonly events: EventReader & EventWriter;
  readonly environments: EnvironmentReader & EnvironmentWriter;
  settleRecordsThrough(seq: number): void;
}

export interface Registry extends RegistryReader {
  /** 32 bytes that only this registry knows, always the same for one purpose. */
  secret(purpose: string): Uint8Array;
  /**
   * Runs `write`, which must not be async, in a transaction. Closures handed over in one turn of the event loop share one transaction and one
   * flush; one that throws is undone and rejected alone. Resolves when the change is on disk; with `isFlushed: false` it may be lost with the power
   * (never with a process) until the next flushed commit: for what is neither intent nor outcome.
   * @throws OrchastrationError StateUnavailable when it cannot be written; the registry is as before, and a later commit may succeed.
   */
  commit<T>(write: (tx: RegistryWriter) => T, options?: { readonly isFlushed?: boolean }): Promise<T>;
  /** Resolves when everything committed so far would outlive a loss of power. */
  flush(): Promise<void>;
  /**
   * Committed events, in the order of the log, in a later turn of the event loop than the promise of their commit: whoever awaits the commit
   * speaks first. Returns the way to end the subscription.
   */
  onCommitted(listener: (events: readonly StoredEvent[]) => void): () => void;
  /**
   * Recomputes the chain, and compares every run of these events with what the log says of it. Reads in turns with everybody else.
   * @throws the signal's reason
   */
  verify(options?: VerifyOptions): Promise<Verification>;
  /** Commits and publishes what is under way, then closes the file. A later `commit` is refused. */
  close(): void;
}
