import { statSync } from "node:fs";
import { join } from "node:path";
import { OrchastrationError } from "@orchastration/protocol";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { openDatabase } from "../../src/registry/database.ts";
import { ADA, AT, complete, declare, ENDING, FAILING, open, queue, step } from "./sample-runs.ts";

const reload = { name: "config.reloaded", entity: "config", actor: ADA, payload: { file: "/config.toml" } } as const;

describe("a registry", () => {
  test("gives a run back as it was declared, also after it was opened again", async () => {
    const stateDir = temporaryDirectory();
    const first = open(stateDir);
    const declared = declare(stateDir, {
      argv: ["printf", "%s", "", "a b", "\n\u0001\ud800", "🙂"],
      repository: "/home/ada/project",
      timeoutMs: 1.5,
      base: { commit: "c", tree: "t", isDirty: true },
    });
    const run = await queue(first, declared);
    expect(run).toEqual({ ...declared, state: { status: "queued" }, eventSeq: 1, eventHash: run.eventHash });
    first.close();

    const second = open(stateDir);
    expect(second.runs.get(declared.id)).toEqual(run);
    second.close();
  });

  test("stores every step of a run with the event that says so", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const run = await complete(registry, declare(stateDir));
    expect(run.state).toEqual({ status: "succeeded", startedAt: AT, ...ENDING });
    const events = registry.events.readAfter(0, 10);
    expect(events.map(({ seq, name, entity, actor, at }) => ({ seq, name, entity, actor, at }))).toEqual(
      ["run.queued", "run.prepared", "run.launched", "run.succeeded"].map((name, index) => ({
        seq: index + 1,
        name,
        entity: `run:${run.id}`,
        actor: ADA,
        at: AT,
      })),
    );
    expect({ seq: run.eventSeq, hash: run.eventHash }).toEqual({ seq: 4, hash: events[3]?.hash });
    registry.close();
  });

  test("is readable and writable by its owner only", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    await registry.commit((tx) => tx.events.append(reload));
    const modes = ["registry.db", "registry.db-wal", "registry.db-shm"].map(
      (name) => statSync(join(stateDir, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    registry.close();
  });

  test("refuses to change or remove an event", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    await registry.commit((tx) => tx.events.append(reload));
    const behind = openDatabase(join(stateDir, "registry.db"), { synchronous: "FULL", busyTimeoutMs: 0 });
    const replacing = "INSERT OR REPLACE INTO events SELECT seq, run, '{}', hash FROM events";
    expect(() => behind.exec("UPDATE events SET entry = '{}'")).toThrow("never updated");
    expect(() => behind.exec("DELETE FROM events")).toThrow("never deleted");
    expect(() => behind.exec(replacing)).toThrow("only appended");
    behind.close();
    expect(await registry.verify()).toMatchObject({ ok: true, events: 1 });
    registry.close();
  });

  test("refuses a run whose record another run has", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const declared = declare(stateDir);
    await queue(registry, declared);
    const { recordPath } = declared;
    expect(registry.runs.isRecordPathTaken(recordPath)).toBe(true);
    expect(registry.runs.isRecordPathTaken(`${recordPath}-2`)).toBe(false);
    await expect(queue(registry, declare(stateDir, { recordPath }))).rejects.toThrow("runs.record");
    expect(registry.events.headSeq()).toBe(1);
    registry.close();
  });

  test("shows itself to SQL in views", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const run = await complete(registry, declare(stateDir, { repository: "/home/ada/project" }), FAILING);
    const behind = openDatabase(join(stateDir, "registry.db"), { synchronous: "FULL", busyTimeoutMs: 0 });
    expect(behind.prepare("SELECT * FROM v_runs").get()).toMatchObject({
      id: run.id,
      name: "sample",
      repository: "/home/ada/project",
      status: "failed",
      argv: '["ls","-la"]',
      queued_at: AT,
      started_at: AT,
      ended_at: AT,
      duration_ms: 5.25,
      exit_code: 3,
      record_path: run.recordPath,
      event_seq: 4,
    });
    expect(behind.prepare("SELECT * FROM v_sessions").get()).toMatchObject({ id: run.id, status: "exited" });
    expect(behind.prepare("SELECT * FROM v_events WHERE seq = 4").get()).toMatchObject({
      entity: `run:${run.id}`,
      name: "run.failed",
      actor_kind: "person",
      hash: run.eventHash,
    });
    behind.close();
    registry.close();
  });

  test("says that a run is not there", () => {
    const registry = open(temporaryDirectory());
    expect(registry.runs.find("7k3m9q2x5r8t")).toBeUndefined();
    expect(() => registry.runs.get("7k3m9q2x5r8t")).toThrow(OrchastrationError);
    registry.close();
  });

  test("reads the events of one entity", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const [one, other] = [declare(stateDir), declare(stateDir)];
    await Promise.all([complete(registry, one), complete(registry, other)]);
    await registry.commit((tx) => tx.events.append(reload));
    const ofOne = registry.events.readEntityAfter(`run:${one.id}`, 0, 10);
    expect(ofOne.map(({ name }) => name)).toEqual(["run.queued", "run.prepared", "run.launched", "run.succeeded"]);
    expect(registry.events.readEntityAfter(`run:${one.id}`, ofOne[1]?.seq ?? 0, 1)).toEqual([ofOne[2]]);
    expect(registry.events.readEntityAfter("config", 0, 10).map(({ seq }) => seq)).toEqual([9]);
    expect(registry.events.readEntityAfter("run:unknown", 0, 10)).toEqual([]);
    registry.close();
  });

  test("knows which runs ended after an event, and how far their records are settled", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const [slow, quick] = [declare(stateDir), declare(stateDir)];
    await queue(registry, slow);
    const first = await complete(registry, quick);
    await step(registry, slow.id, { type: "cancel", endedAt: AT, reason: "cancelled by ada" });
    await queue(registry, declare(stateDir));
    expect([...registry.runs.endedAfter(0)].map(({ id }) => id)).toEqual([quick.id, slow.id]);
    expect([...registry.runs.endedAfter(first.eventSeq)].map(({ id }) => id)).toEqual([slow.id]);
    expect(registry.recordsSettledThrough()).toBe(0);
    await registry.commit((tx) => tx.settleRecordsThrough(first.eventSeq));
    expect(registry.recordsSettledThrough()).toBe(first.eventSeq);
    registry.close();
  });
});
