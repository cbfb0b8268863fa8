import { relative, sep } from "node:path";
import { entityOfRun, OrchastrationError } from "@orchastration/protocol";
import type { Run, RunState } from "@orchastration/protocol/contract";
import { hasEnded } from "../domain/run-machine.ts";
import type { RunQuery, RunReader, RunWriter } from "./api.ts";
import type { Database } from "./database.ts";
import { readRunEvent } from "./entry.ts";
import type { EventLog } from "./event-log.ts";
import { createRecentlyUsed } from "./recently-used.ts";
import type { Repositories } from "./repositories.ts";
import { stateAfter } from "./run-history.ts";

/** The very text of the partial indexes' predicates: SQLite uses such an index only for a query that repeats it. */
const FAILED = "has_failed = 1";
const UNFINISHED = "has_ended = 0";
const ENDED = "has_ended = 1";

/** Greater than every key, and exact as a number. */
const NEWEST = Number.MAX_SAFE_INTEGER;
/** How many ids are held in memory at once while many runs are read. */
const PAGE = 100;
/** Runs read or written lately, some 2 KB each: those that are under way, and those that lists show first. */
const REMEMBERED = 1_000;
/** Sorts behind every character of an id. */
const AFTER_ANY_ID = "~";

/** Entries of the events that say everything about a run, and the place of the newest one. */
interface History {
  readonly queued: string;
  readonly launched: string | null;
  readonly newest: string;
  readonly seq: number;
  readonly hash: Buffer;
}

/** Keys lie side by side where ids are strewn over the whole index: of a million runs, each looked up by id is a page read. */
interface Place {
  readonly id: string;
  readonly key: number;
}

type EndedRow = ReturnType<RunReader["listEnded"]>[number];

/** The columns of a run, as far as they do not say where its events are. */
export interface RunColumns {
  readonly id: string;
  readonly name: string;
  readonly repository: string | null;
  readonly status: string;
  readonly has_ended: number;
  readonly has_failed: number;
  readonly priority: number;
  readonly record: string;
  /** Id of its task. */
  readonly task: string | null;
}

export interface RunStore extends RunReader, RunWriter {
  /** As it is in the file, whatever is remembered. */
  read(id: string): Run | undefined;
  /** What is remembered may have been undone with its transaction. */
  forget(): void;
  /** @throws OrchastrationError RunNotFound */
  keyOf(id: string): number;
  count(): number;
  /** @throws OrchastrationError RunNotFound */
  columns(id: string): RunColumns;
  columnsOf(run: Run): Omit<RunColumns, "record">;
}

export function createRunStore(
  database: Database,
  log: EventLog,
  repositories: Repositories,
  stateDir: string,
): RunStore {
  const insert = database.prepare<[number, string, string, number | null, number, string, number, string | null]>(
    `INSERT INTO runs (key, id, name, repository, status, has_ended, has_failed, priority, record, event_seq, task)
     VALUES (?, ?, ?, ?, 'queued', 0, 0, ?, ?, ?, (SELECT key FROM tasks WHERE id = ?))`,
  );
  const advance = database.prepare<[string, number, number, number | null, number, number]>(
    `UPDATE runs
     SET status = ?, has_ended = ?, has_failed = ?, launched_seq = coalesce(?, launched_seq), event_seq = ? WHERE key = ?`,
  );
  const keyOf = database.prepare<[string], number>("SELECT key FROM runs WHERE id = ?").pluck();
  // Many at once: starting a statement costs more than looking a run up.
  const histories = database.prepare<[string], History>(
    `SELECT queued.entry AS queued, launched.entry AS launched, newest.entry AS newest, newest.seq AS seq, newest.hash AS hash
     FROM json_each(?) AS wanted
     JOIN runs ON runs.key = wanted.value
     JOIN events AS queued ON queued.seq = runs.key
     JOIN events AS newest ON newest.seq = runs.event_seq
     LEFT JOIN events AS launched ON launched.seq = runs.launched_seq`,
  );
  const endedColumns = `SELECT runs.key AS key, id, name, path AS repository, status,
       newest.entry ->> '$.payload.endedAt' AS endedAt, newest.entry ->> '$.payload.durationMs' AS durationMs
     FROM runs JOIN events AS newest ON newest.seq = event_seq LEFT JOIN repositories ON repositories.key = repository`;
  const endedBefore = database.prepare<[number, number], EndedRow>(
    `${endedColumns} WHERE ${ENDED} AND runs.key < ? ORDER BY runs.key DESC LIMIT ?`,
  );
  const endedByName = database.prepare<[string, number, number], EndedRow>(
    `${endedColumns} WHERE name = ? AND ${ENDED} AND runs.key < ? ORDER BY runs.key DESC LIMIT ?`,
  );
  const byPrefix = ids<[string, string, number]>("id >= ? AND id < ? ORDER BY id LIMIT ?");
  const unfinished = ids<[]>(`${UNFINISHED} ORDER BY key`);
  const queued = ids<[]>("status = 'queued' ORDER BY priority DESC, key");
  const ended = ids<[number, number]>(`${ENDED} AND event_seq > ? ORDER BY event_seq LIMIT ?`);
  const byRecord = database.prepare<[string], number>("SELECT 1 FROM runs WHERE record = ?").pluck();
  const count = database.prepare<[], number>("SELECT count(*) FROM runs").pluck();
  const columns = database.prepare<[string], RunColumns>(
    `SELECT runs.id AS id, name, path AS repository, runs.status AS status, has_ended, has_failed, priority, record, tasks.id AS task
     FROM runs LEFT JOIN repositories ON repositories.key = runs.repository LEFT JOIN tasks ON tasks.key = runs.task
     WHERE runs.id = ?`,
  );
  const lists = new Map<string, Query<(string | number | null)[]>>();
  const remembered = createRecentlyUsed<string, Run>(REMEMBERED);

  function ids<P extends unknown[]>(condition: string): Query<P> {
    const statement = database.prepare<P, Place>(`SELECT id, key FROM runs WHERE ${condition}`);
    return (...values) => getAll(statement.all(...values));
  }

  function list({ name, repository, isFailed = false, limit, before }: RunQuery): readonly Run[] {
    const repositoryRow = typeof repository === "string" ? repositories.find(repository) : null;
    if (repositoryRow === undefined) return [];
    const filter = [
      ...(name === undefined ? [] : ["name = ?"]),
      ...(repository === undefined ? [] : ["repository IS ?"]),
      ...(isFailed ? [FAILED] : []),
      "key < ?",
    ].join(" AND ");
    const query = lists.get(filter) ?? ids(`${filter} ORDER BY key DESC LIMIT ?`);
    lists.set(filter, query);
    const values = [...(name === undefined ? [] : [name]), ...(repository === undefined ? [] : [repositoryRow])];
    return query(...values, before === undefined ? NEWEST : requireKey(before), limit);
  }

  function requireKey(id: string): number {
    const key = keyOf.get(id);
    if (key === undefined) throw notFound(id);
    return key;
  }

  function find(id: string): Run | undefined {
    const known = remembered.get(id);
    if (known !== undefined) return known;
    const run = read(id);
    return run === undefined ? undefined : remember(run);
  }

  function read(id: string): Run | undefined {
    const key = keyOf.get(id);
    return key === undefined ? undefined : readAll([key])[0];
  }

  function readAll(keys: readonly number[]): readonly Run[] {
    return histories.all(JSON.stringify(keys)).map(toRun);
  }

  function getAll(places: readonly Place[]): readonly Run[] {
    const missing = places.filter(({ id }) => remembered.get(id) === undefined);
    if (missing.length === 0) return places.map(({ id }) => get(id));
    const found = new Map(readAll(missing.map(({ key }) => key)).map((run) => [run.id, remember(run)]));
    return places.map(({ id }) => found.get(id) ?? get(id));
  }

  function remember(run: Run): Run {
    remembered.set(run.id, run);
    return run;
  }

  function get(id: string): Run {
    const run = find(id);
    if (run === undefined) throw notFound(id);
    return run;
  }

  const recordOf = (recordPath: string): string =>
    relative(stateDir, recordPath)
      .replaceAll(sep, "/")
      .replace(/\.json$/, "");

  return {
    find,
    get,
    read,
    findByPrefix: (prefix, limit) => byPrefix(prefix, prefix + AFTER_ANY_ID, limit),
    list,
    lastByName: (name, repository) => list({ name, repository, limit: 1 })[0],
    listEnded: ({ name, before = NEWEST, limit }) =>
      name === undefined ? endedBefore.all(before, limit) : endedByName.all(name, before, limit),
    unfinished,
    queued,
    *endedAfter(seq) {
      for (let from = seq; ; ) {
        const page = ended(from, PAGE);
        yield* page;
        const last = page.at(-1);
        if (last === undefined) return;
        from = last.eventSeq;
      }
    },
    isRecordPathTaken: (recordPath) => byRecord.get(recordOf(recordPath)) !== undefined,
    insert(declared) {
      const { id, name, repository, priority, recordPath, requestedBy } = declared;
      const payload = { run: declared };
      const { seq, hash } = log.append(
        { actor: requestedBy, entity: entityOfRun(id), name: "run.queued", payload },
        "own",
      );
      const repositoryKey = repository === null ? null : repositories.intern(repository);
      insert.run(seq, id, name, repositoryKey, priority, recordOf(recordPath), seq, declared.task?.id ?? null);
      return remember({ ...declared, state: { status: "queued" }, eventSeq: seq, eventHash: hash });
    },
    transition(id, { state, event }, actor) {
      const run = get(id);
      const key = requireKey(id);
      const { seq, hash } = log.append(
        { actor, entity: entityOfRun(id), name: event.name, payload: event.payload },
        key,
      );
      advance.run(
        state.status,
        Number(hasEnded(state)),
        Number(hasFailed(state)),
        event.name === "run.launched" ? seq : null,
        seq,
        key,
      );
      return remember({ ...run, state, eventSeq: seq, eventHash: hash });
    },
    keyOf: requireKey,
    forget: () => remembered.clear(),
    count: () => count.get() ?? 0,
    columns(id) {
      const row = columns.get(id);
      if (row === undefined) throw notFound(id);
      return row;
    },
    columnsOf: ({ id, name, repository, state, priority, task }) => ({
      id,
      name,
      repository,
      status: state.status,
      has_ended: Number(hasEnded(state)),
      has_failed: Number(hasFailed(state)),
      priority,
      task: task?.id ?? null,
    }),
  };
}

type Query<P extends unknown[]> = (...values: P) => readonly Run[];

function toRun({ queued, launched, newest, seq, hash }: History): Run {
  const declaration = readRunEvent(queued);
  if (declaration.name !== "run.queued") throw new Error(`a run begins with ${declaration.name}`);
  const later = [...(launched === null ? [] : [launched]), newest].map(readRunEvent);
  const state = later.reduce<RunState>(stateAfter, { status: "queued" });
  return { ...declaration.payload.run, state, eventSeq: seq, eventHash: hash.toString("hex") };
}

/** A run that was stopped or cancelled did what it was asked to. */
function hasFailed({ status }: RunState): boolean {
  return status === "failed" || status === "timed_out" || status === "lost";
}

function notFound(id: string): OrchastrationError {
  return new OrchastrationError("RunNotFound", `no run has the id ${id}`, { details: { run: id } });
}
