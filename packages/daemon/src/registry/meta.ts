import { randomBytes } from "node:crypto";
import { VERSION } from "@orchastration/protocol";
import type { Database } from "./database.ts";

const SALT_BYTES = 32;

/** What is known about the registry itself. */
export interface Meta {
  salt(): Uint8Array;
  recordsSettledThrough(): number;
  settleRecordsThrough(seq: number): void;
}

export function createMeta(database: Database): Meta {
  const select = database.prepare<[string]>("SELECT value FROM meta WHERE name = ?").pluck();
  const upsert = database.prepare<[string, number]>(
    "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  );
  return {
    salt() {
      const salt = select.get("salt");
      if (Buffer.isBuffer(salt)) return salt;
      throw new Error("the registry has no salt");
    },
    recordsSettledThrough() {
      const seq = select.get("records_settled_through");
      return typeof seq === "number" ? seq : 0;
    },
    settleRecordsThrough: (seq) => void upsert.run("records_settled_through", seq),
  };
}

/** Part of the transaction that creates the registry. */
export function writeFirstMeta(database: Database, now: Date): void {
  const insert = database.prepare<[string, string | Buffer]>("INSERT INTO meta (name, value) VALUES (?, ?)");
  insert.run("salt", randomBytes(SALT_BYTES));
  insert.run("created_at", now.toISOString());
  insert.run("created_by", VERSION);
}
