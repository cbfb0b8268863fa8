import { entityOfOrchestration, OrchastrationError } from "@orchastration/protocol";
import type { Actor, Orchestration } from "@orchastration/protocol/contract";
import { orchestrationAfter } from "../domain/orchestration-history.ts";
import { hasOrchestrationEnded, type OrchestrationEvent } from "../domain/orchestration-machine.ts";
import type { OrchestrationReader, OrchestrationWriter } from "./api.ts";
import type { Database } from "./database.ts";
import type { EventLog } from "./event-log.ts";
import type { Repositories } from "./repositories.ts";

interface OrchestrationRow {
  readonly key: number;
  readonly orchestration: string;
}

/** Rows read at a time where all are wanted. */
const PAGE = 100;

export interface OrchestrationStore extends OrchestrationReader, OrchestrationWriter {
  count(): number;
}

export function createOrchestrationStore(
  database: Database,
  log: EventLog,
  repositories: Repositories,
): OrchestrationStore {
  const insert = database.prepare<[number, string, string, number | null, string | null, string, string, number]>(
    `INSERT INTO orchestrations (key, id, name, repository, task, status, has_ended, record, orchestration, event_seq)
     VALUES (?, ?, ?, ?, ?, 'running', 0, ?, ?, ?)`,
  );
  const update = database.prepare<[string, number, string, number, number]>(
    "UPDATE orchestrations SET status = ?, has_ended = ?, orchestration = ?, event_seq = ? WHERE key = ?",
  );
  const columns = "SELECT key, orchestration FROM orchestrations";
  const select = database.prepare<[string], OrchestrationRow>(`${columns} WHERE id = ?`);
  const byName = database.prepare<{ name: string; repository: number | null; task: string | null }, OrchestrationRow>(
    `${columns} WHERE name = @name AND repository IS @repository AND (@task IS NULL OR task = @task) ORDER BY key DESC LIMIT 1`,
  );
  const unfinished = database.prepare<[], OrchestrationRow>(`${columns} WHERE has_ended = 0 ORDER BY key`);
  const after = database.prepare<[number, number], OrchestrationRow>(`${columns} WHERE key > ? ORDER BY key LIMIT ?`);
  const byRecord = database.prepare<[string], number>("SELECT 1 FROM orchestrations WHERE record = ?").pluck();
  const count = database.prepare<[], number>("SELECT count(*) FROM orchestrations").pluck();

  function requireRow(id: string): OrchestrationRow {
    const row = select.get(id);
    if (row !== undefined) return row;
    throw new OrchastrationError("OrchestrationNotFound", `no orchestration has the id ${id}`);
  }

  return {
    find(id) {
      const row = select.get(id);
      return row && orchestrationOf(row);
    },
    get: (id) => orchestrationOf(requireRow(id)),
    findLast({ name, repository, task = null }) {
      const key = repository === null ? null : repositories.find(repository);
      const row = key === undefined ? undefined : byName.get({ name, repository: key, task });
      return row && orchestrationOf(row);
    },
    unfinished: () => unfinished.all().map(orchestrationOf),
    *all() {
      for (let rows = after.all(0, PAGE); rows.length > 0; rows = after.all(rows.at(-1)?.key ?? 0, PAGE)) {
        yield* rows.map(orchestrationOf);
      }
    },
    isRecordTaken: (record) => byRecord.get(record) !== undefined,
    count: () => count.get() ?? 0,
    start(declared, actor) {
      const event: OrchestrationEvent = { name: "orchestration.started", payload: { orchestration: declared } };
      const { seq } = append(log, declared.id, event, actor, "own");
      const orchestration = orchestrationAfter(undefined, event, seq);
      const { id, name, repository, task, record } = declared;
      const repositoryKey = repository === null ? null : repositories.intern(repository);
      insert.run(seq, id, name, repositoryKey, task, record, JSON.stringify(orchestration), seq);
      return orchestration;
    },
    apply(event, actor) {
      const { key, ...row } = requireRow(event.payload.orchestration);
      const before = orchestrationOf({ key, ...row });
      // Judged first: what cannot follow is never in the log.
      orchestrationAfter(before, event, before.eventSeq);
      const { seq } = append(log, before.id, event, actor, key);
      const orchestration = orchestrationAfter(before, event, seq);
      const isEnded = Number(hasOrchestrationEnded(orchestration));
      update.run(orchestration.state.status, isEnded, JSON.stringify(orchestration), seq, key);
      return orchestration;
    },
  };
}

function append(
  log: EventLog,
  id: string,
  { name, payload }: OrchestrationEvent,
  actor: Actor,
  owner: number | "own",
): { readonly seq: number } {
  return log.append({ actor, entity: entityOfOrchestration(id), name, payload }, owner);
}

/** What this store wrote. */
function orchestrationOf({ orchestration }: OrchestrationRow): Orchestration {
  return JSON.parse(orchestration) as Orchestration;
}
