import { newId, orchestrationOfEntity, runOfEntity, taskOfEntity } from "@orchastration/protocol";
import type { StoredEvent } from "@orchastration/protocol/contract";
import type { Appended, EventReader } from "./api.ts";
import type { Database } from "./database.ts";
import { type Entry, readEntry, writeEntry } from "./entry.ts";
import { type ChainLink, GENESIS, type Head, nextHash } from "./hash-chain.ts";

export interface EventLog extends EventReader {
  /** `owner`: key of the run, task or orchestration that the event belongs to, or "own" when the event itself begins one; null for other entities. */
  append(event: Omit<Entry, "seq" | "id" | "at">, owner: number | "own" | null): Appended;
  /** What was appended since it was last asked. */
  takeAppended(): readonly StoredEvent[];
  /** Remembers where the log ends now, and answers how to go back there when the transaction was undone. */
  remember(): () => void;
}

interface EventRow {
  readonly seq: number;
  readonly entry: string;
  readonly hash: Buffer;
}

export function createEventLog(database: Database, now: () => Date): EventLog {
  const insert = database.prepare<[number, number | null, string, Buffer]>(
    "INSERT INTO events (seq, run, entry, hash) VALUES (?, ?, ?, ?)",
  );
  const after = database.prepare<[number, number], EventRow>(
    "SELECT seq, entry, hash FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
  );
  const ofRunAfter = database.prepare<[string, number, number], EventRow>(
    `SELECT seq, entry, hash FROM events
     WHERE run = (SELECT key FROM runs WHERE id = ?) AND seq > ? ORDER BY seq LIMIT ?`,
  );
  const ofTaskAfter = database.prepare<[string, number, number], EventRow>(
    `SELECT seq, entry, hash FROM events
     WHERE run = (SELECT key FROM tasks WHERE id = ?) AND seq > ? ORDER BY seq LIMIT ?`,
  );
  const ofOrchestrationAfter = database.prepare<[string, number, number], EventRow>(
    `SELECT seq, entry, hash FROM events
     WHERE run = (SELECT key FROM orchestrations WHERE id = ?) AND seq > ? ORDER BY seq LIMIT ?`,
  );
  const ofTaskAndRunsAfter = database.prepare<[string, string, number, number], EventRow>(
    // Only numbers are sorted, not the texts.
    `SELECT seq, entry, hash FROM events WHERE seq IN (
       SELECT seq FROM events WHERE run IN (
         SELECT key FROM tasks WHERE id = ?
         UNION ALL SELECT key FROM runs WHERE task IS NOT NULL AND task = (SELECT key FROM tasks WHERE id = ?)
       ) AND seq > ? ORDER BY seq LIMIT ?
     ) ORDER BY seq`,
  );
  // The others are few: starts of the daemon, changes of configuration, supervisors.
  const ofOtherAfter = database.prepare<[string, number, number], EventRow>(
    `SELECT seq, entry, hash FROM events
     WHERE run IS NULL AND entry ->> '$.entity' = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  let head: Head = readHead(database);
  let appended: StoredEvent[] = [];

  return {
    append({ actor, entity, name, payload }, owner) {
      const seq = head.seq + 1;
      const entry: Entry = { seq, id: newId(), at: now().toISOString(), actor, entity, name, payload };
      const text = writeEntry(entry);
      const hash = nextHash(head.hash, text);
      insert.run(seq, owner === "own" ? seq : owner, text, hash);
      head = { seq, hash };
      const stored = { ...entry, hash: hash.toString("hex") };
      appended.push(stored);
      return { seq, hash: stored.hash };
    },
    takeAppended() {
      const taken = appended;
      appended = [];
      return taken;
    },
    remember() {
      const { length } = appended;
      const end = head;
      return () => {
        head = end;
        appended.length = length;
      };
    },
    headSeq: () => head.seq,
    readAfter: (seq, limit) => after.all(seq, limit).map(toStoredEvent),
    readEntityAfter: (entity, seq, limit) => entityLinksAfter(entity, seq, limit).map(toStoredEvent),
    headAt(seq) {
      const head = seq === 0 ? GENESIS : after.get(seq - 1, 1);
      if (head?.seq !== seq) throw new RangeError(`the log has no event ${seq}`);
      return head;
    },
    linksAfter: (seq, limit) => after.all(seq, limit),
    entityLinksAfter,
    taskLinksAfter: (task, seq, limit) => ofTaskAndRunsAfter.all(task, task, seq, limit),
  };

  function entityLinksAfter(entity: string, seq: number, limit: number): readonly EventRow[] {
    const run = runOfEntity(entity);
    if (run !== undefined) return ofRunAfter.all(run, seq, limit);
    const task = taskOfEntity(entity);
    if (task !== undefined) return ofTaskAfter.all(task, seq, limit);
    const orchestration = orchestrationOfEntity(entity);
    if (orchestration !== undefined) return ofOrchestrationAfter.all(orchestration, seq, limit);
    return ofOtherAfter.all(entity, seq, limit);
  }
}

export function toStoredEvent({ entry, hash }: Pick<ChainLink, "entry" | "hash">): StoredEvent {
  return { ...readEntry(entry), hash: Buffer.from(hash).toString("hex") };
}

function readHead(database: Database): Head {
  const last = database.prepare<[], EventRow>("SELECT seq, entry, hash FROM events ORDER BY seq DESC LIMIT 1").get();
  return last ?? GENESIS;
}
