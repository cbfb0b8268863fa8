import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { createCheckpoints } from "../../src/registry/checkpoints.ts";
import { type Database, openDatabase } from "../../src/registry/database.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

function opened(): Database {
  const database = openDatabase(join(temporaryDirectory(), "some.db"), { synchronous: "NORMAL", busyTimeoutMs: 0 });
  database.exec("CREATE TABLE notes (text TEXT)");
  return database;
}

/** Pages of 4 KiB that stand in the write-ahead log alone. */
function pending(database: Database): number {
  const progress = database.prepare<[], { log: number; checkpointed: number }>("PRAGMA wal_checkpoint(NOOP)").get();
  return (progress?.log ?? 0) - (progress?.checkpointed ?? 0);
}

describe("a checkpoint", () => {
  test("waits until nothing has been committed for a second", () => {
    const database = opened();
    const checkpoints = createCheckpoints(database);
    for (let n = 0; n < 3; n += 1) {
      database.exec("INSERT INTO notes VALUES ('a')");
      checkpoints.afterCommit();
      vi.advanceTimersByTime(900);
    }
    expect(pending(database)).toBeGreaterThan(0);
    vi.advanceTimersByTime(200);
    expect(pending(database)).toBe(0);
    checkpoints.stop();
    database.close();
  });

  test("comes sooner when the write-ahead log has grown long", () => {
    const database = opened();
    const checkpoints = createCheckpoints(database);
    database.exec("INSERT INTO notes VALUES (zeroblob(12000000))");
    checkpoints.afterCommit();
    expect(pending(database)).toBeGreaterThan(2_000);
    database.exec("INSERT INTO notes VALUES (zeroblob(12000000))");
    checkpoints.afterCommit();
    expect(pending(database)).toBe(0);
    checkpoints.stop();
    database.close();
  });
});
