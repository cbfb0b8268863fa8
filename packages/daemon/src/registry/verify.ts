import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { orchestrationOfEntity, runOfEntity, taskName, taskOfEntity, toError } from "@orchastration/protocol";
import type { Orchestration, Run, StoredEvent, Task } from "@orchastration/protocol/contract";
import type { VerifyOptions } from "./api.ts";
import { type EventLog, toStoredEvent } from "./event-log.ts";
import { type ChainLink, GENESIS, type Head, type Verification, verifyChain } from "./hash-chain.ts";
import { createOrchestrationReplay, type OrchestrationReplay } from "./orchestration-replay.ts";
import type { OrchestrationStore } from "./orchestration-store.ts";
import { createRunReplay, type RunReplay } from "./run-history.ts";
import type { RunStore } from "./run-store.ts";
import { createTaskReplay, type TaskReplay } from "./task-replay.ts";
import type { TaskStore } from "./task-store.ts";

/** Events looked at before others have their turn: some milliseconds. */
const PAGE = 100;
/** How many of the newest events are looked at when a registry is opened. */
const TAIL = 100;
/** Far more than a run or a task has. */
const EVENTS_OF_AN_ENTITY = 1_000_000;

interface Stores {
  readonly runs: RunStore;
  readonly tasks: TaskStore;
  readonly orchestrations: OrchestrationStore;
}

interface Replays {
  readonly runs: RunReplay;
  readonly tasks: TaskReplay;
  readonly orchestrations: OrchestrationReplay;
}

/**
 * Recomputes the chain, and compares every run, task and orchestration with what the log says of it. Others may commit meanwhile: a run is compared when its last event
 * has been read, the others in the turn of the event loop in which the log has no more to say. Of a part of the log, what goes on behind it is not
 * compared.
 */
export async function verifyRegistry(
  log: EventLog,
  stores: Stores,
  { from = 1, to = Number.POSITIVE_INFINITY, signal, onProgress }: VerifyOptions = {},
): Promise<Verification> {
  const { runs } = stores;
  const replays = { runs: createRunReplay(), tasks: createTaskReplay(), orchestrations: createOrchestrationReplay() };
  const catchUp = from === 1 ? () => [] : createCatchUp(log, from);
  const start = findHead(log, from - 1);
  if (start === undefined) return { ok: false, seq: from - 1, reason: `event ${from - 1} is missing` };
  let head: Head = start;
  let ended = 0;
  const nextPage = (): readonly ChainLink[] => log.linksAfter(head.seq, Math.min(PAGE, to - head.seq));
  for (let page = nextPage(); page.length > 0; page = nextPage()) {
    const chain = verifyChain(page, head);
    if (!chain.ok) return chain;
    for (const link of page) {
      const run = applyLink(replays, link, catchUp);
      if (run instanceof Error) return { ok: false, seq: link.seq, reason: run.message };
      if (run === undefined) continue;
      ended += 1;
      if (!isAsStored(run, runs)) return differs(run);
    }
    head = page.at(-1) ?? head;
    onProgress?.(head.seq);
    await nextTurn();
    signal?.throwIfAborted();
  }
  if (head.seq < log.headSeq()) return verifyChain([], head);
  const unfinished = [...replays.runs.unfinished()];
  const different = unfinished.find((run) => !isAsStored(run, runs));
  if (different !== undefined) return differs(different);
  const other = findDifferent(replays, stores);
  if (other !== undefined) return other;
  if (from > 1) return verifyChain([], head);
  const unknown = findUnknown(replays, stores);
  if (unknown !== undefined) return { ok: false, seq: head.seq, reason: unknown };
  const strangers = runs.count() - ended - unfinished.length;
  if (strangers === 0) return verifyChain([], head);
  return { ok: false, seq: head.seq, reason: `the registry has ${strangers} runs more than the log tells of` };
}

/** Whether the end of the log is whole. A look at what the daemon is about to continue, not a proof of what lies before. */
export function verifyTail(log: EventLog): Verification {
  const from = Math.max(0, log.headSeq() - TAIL);
  return verifyChain(log.linksAfter(from, TAIL), log.headAt(from));
}

function findHead(log: EventLog, seq: number): Head | undefined {
  return seq === 0 ? GENESIS : log.linksAfter(seq - 1, 1).find((link) => link.seq === seq);
}

/** Answers, with the first event of an entity that is met, what the entity has behind it. */
function createCatchUp(log: EventLog, from: number): (event: StoredEvent) => readonly StoredEvent[] {
  const seen = new Set<string>();
  return ({ entity }) => {
    const isOwner = [runOfEntity, taskOfEntity, orchestrationOfEntity].some((idOf) => idOf(entity) !== undefined);
    if (!isOwner || seen.has(entity)) return [];
    seen.add(entity);
    return log.readEntityAfter(entity, 0, EVENTS_OF_AN_ENTITY).filter(({ seq }) => seq < from);
  };
}

function applyLink(
  { runs, tasks, orchestrations }: Replays,
  link: ChainLink,
  catchUp: (event: StoredEvent) => readonly StoredEvent[],
): Run | Error | undefined {
  try {
    const stored = toStoredEvent(link);
    for (const earlier of catchUp(stored)) {
      tasks.apply(earlier);
      orchestrations.apply(earlier);
      runs.apply(earlier);
    }
    tasks.apply(stored);
    orchestrations.apply(stored);
    return runs.apply(stored);
  } catch (error) {
    return toError(error);
  }
}

function isAsStored(run: Run, runs: RunStore): boolean {
  try {
    const { record, ...columns } = runs.columns(run.id);
    const isSame = isDeepStrictEqual(runs.read(run.id), run) && isDeepStrictEqual(columns, runs.columnsOf(run));
    // Relative to the state directory, which may have been moved since; what the log says of a path stands for ever.
    return isSame && run.recordPath.replaceAll("\\", "/").endsWith(`/${record}.json`);
  } catch {
    // It has no row, or one that names events that make no run.
    return false;
  }
}

/** The first task or orchestration that is stored as something else than the log says of it. */
function findDifferent(replays: Replays, stores: Stores): Verification | undefined {
  const task = findDifferentTask(replays.tasks, stores.tasks);
  if (task !== undefined) {
    return { ok: false, seq: task.eventSeq, reason: `task ${taskName(task)} is not what the log says of it` };
  }
  const orchestration = findDifferentOrchestration(replays.orchestrations, stores.orchestrations);
  if (orchestration === undefined) return undefined;
  const { id, eventSeq } = orchestration;
  return { ok: false, seq: eventSeq, reason: `orchestration ${id} is not what the log says of it` };
}

function findUnknown({ tasks, orchestrations }: Replays, stores: Stores): string | undefined {
  if (stores.tasks.count() !== tasks.tasks().size) return "the registry has tasks that the log does not tell of";
  if (stores.orchestrations.count() !== orchestrations.orchestrations().size) {
    return "the registry has orchestrations that the log does not tell of";
  }
  return undefined;
}

function findDifferentOrchestration(
  replay: OrchestrationReplay,
  orchestrations: OrchestrationStore,
): Orchestration | undefined {
  return [...replay.orchestrations().values()].find(
    (known) => !isDeepStrictEqual(orchestrations.find(known.id), known),
  );
}

function findDifferentTask(replay: TaskReplay, tasks: TaskStore): Task | undefined {
  for (const [id, fact] of replay.tasks()) if (!isDeepStrictEqual(tasks.read(id), fact)) return fact.task;
  return undefined;
}

function differs({ id, eventSeq }: Run): Verification {
  return { ok: false, seq: eventSeq, reason: `run ${id} is not what the log says of it` };
}
