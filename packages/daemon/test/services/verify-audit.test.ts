import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Result, Run } from "@orchastration/protocol/contract";
import { journalDigestPath, journalSegmentPath } from "@orchastration/protocol/node";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { createHeads, type Heads } from "../../src/audit/heads.ts";
import { createHashService } from "../../src/hashing/hash-service.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { createAudit } from "../../src/services/audit.ts";
import { createVerifyAudit } from "../../src/services/verify-audit.ts";
import { ADA, AT, complete, declare, ENDING, LAUNCH, open, queue, step } from "../registry/sample-runs.ts";

type Verified = Result<"audit.verify">;

interface Instance extends AsyncDisposable {
  readonly stateDir: string;
  readonly registry: Registry;
  readonly heads: Heads;
  verify(range?: { readonly from?: number; readonly to?: number }, signal?: AbortSignal): Promise<Verified>;
  /** A run that has ended, and left this on its standard output. */
  run(output: string, isTty?: boolean): Promise<Run>;
  /** Changes the registry behind its back. */
  tamper(sql: string): void;
}

function instance(): Instance {
  const stateDir = temporaryDirectory();
  const registry = open(stateDir);
  const hashing = createHashService();
  const heads = createHeads({ stateDir, now: () => new Date(AT) });
  const verifyAudit = createVerifyAudit({ registry, heads, hashing });
  return {
    stateDir,
    registry,
    heads,
    verify: (range = {}, signal = new AbortController().signal) =>
      verifyAudit(range, { signal, onProgress: () => undefined }),
    async run(output, isTty = false) {
      const declared = declare(stateDir, { isTty });
      const { stdoutPath } = declared.output;
      const file = isTty ? journalSegmentPath(stdoutPath, 0) : stdoutPath;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, output);
      const stdoutSha256 = createHash("sha256").update(output).digest("hex");
      const summary = { stdoutBytes: Buffer.byteLength(output), stderrBytes: 0, stdoutSha256, stderrSha256: null };
      return complete(registry, declared, { ...ENDING, summary });
    },
    tamper(sql) {
      const database = new DatabaseSync(join(stateDir, "registry.db"));
      for (const name of ["events_are_never_updated", "events_are_never_deleted"])
        database.exec(`DROP TRIGGER IF EXISTS ${name}`);
      database.exec(sql);
      database.close();
    },
    async [Symbol.asyncDispose]() {
      registry.close();
      await hashing.close();
    },
  };
}

const audit = ({ registry, heads }: Instance) => createAudit({ registry, heads });

test("what is as it was recorded is counted", async () => {
  await using log = instance();
  await log.run("hello\n");
  await log.run("in a terminal\n", true);
  await audit(log).signHead();
  expect(await log.verify()).toEqual({
    from: 1,
    to: 8,
    events: 8,
    heads: 1,
    outputs: 2,
    outputsGone: 1,
    difference: null,
  });
});

test("every part of a log that is whole holds by itself", async () => {
  await using log = instance();
  const [one, other] = [declare(log.stateDir), declare(log.stateDir)];
  await queue(log.registry, one);
  await complete(log.registry, other);
  await step(log.registry, one.id, { type: "prepare" });
  await step(log.registry, one.id, LAUNCH);
  const head = log.registry.events.headSeq();
  for (let from = 1; from <= head; from++) {
    for (let to = from; to <= head; to++) {
      expect(await log.verify({ from, to })).toMatchObject({ from, to, events: to - from + 1, difference: null });
    }
  }
});

test("a part that is not there is refused", async () => {
  await using log = instance();
  await log.run("");
  for (const range of [{ from: 5 }, { to: 5 }, { from: 3, to: 2 }]) {
    await expect(log.verify(range)).rejects.toMatchObject({ kind: "InvalidSeq" });
  }
});

test.each([
  ["a changed entry", "UPDATE events SET entry = replace(entry, 'ada', 'eve') WHERE seq = 2", 2],
  ["a changed hash", "UPDATE events SET hash = zeroblob(32) WHERE seq = 3", 3],
  ["an event that is gone", "PRAGMA foreign_keys = OFF; DELETE FROM events WHERE seq = 3", 3],
  ["a run with another status", "UPDATE runs SET status = 'failed'", 4],
])("%s is the first difference, with its seq", async (_, sql, seq) => {
  await using log = instance();
  await log.run("hello\n");
  await log.run("");
  log.tamper(sql);
  expect((await log.verify()).difference?.seq).toBe(seq);
});

test("what lies before the part is believed, what lies in it is not", async () => {
  await using log = instance();
  await log.run("one");
  await log.run("two");
  log.tamper("UPDATE events SET entry = replace(entry, 'ada', 'eve') WHERE seq = 2");
  expect((await log.verify({ from: 5 })).difference).toBeNull();
  expect((await log.verify({ from: 2 })).difference?.seq).toBe(2);
});

test("output that was changed, cut off or removed is a difference at the end of its run; what came later is not the run's", async () => {
  await using log = instance();
  await log.run("first\n");
  const { output, eventSeq } = await log.run("hello\n");
  appendFileSync(output.stdoutPath, "by a process that went on");
  expect((await log.verify()).difference).toBeNull();
  const changes = [
    () => writeFileSync(output.stdoutPath, "hellO\n"),
    () => writeFileSync(output.stdoutPath, "hell"),
    () => rmSync(output.stdoutPath),
  ];
  for (const change of changes) {
    change();
    expect((await log.verify()).difference?.seq).toBe(eventSeq);
  }
});

test("a recording that was changed or lost its beginning is a difference", async () => {
  await using log = instance();
  const { output, eventSeq } = await log.run("in a terminal\n", true);
  const segment = journalSegmentPath(output.stdoutPath, 0);
  writeFileSync(segment, "In a terminal\n");
  expect((await log.verify()).difference?.seq).toBe(eventSeq);
  rmSync(segment);
  expect((await log.verify()).difference?.seq).toBe(eventSeq);
});

/** A run in a terminal whose recording has segments of these texts, as a supervisor leaves them. */
async function recorded(log: Instance, ...texts: readonly string[]): Promise<Run> {
  const whole = texts.join("");
  const run = await log.run(whole, true);
  let offset = 0;
  for (const text of texts) {
    writeFileSync(journalSegmentPath(run.output.stdoutPath, offset), text);
    const sha256 = createHash("sha256").update(text).digest("hex");
    writeFileSync(journalDigestPath(run.output.stdoutPath, offset), `${sha256}  output.${offset}.raw\n`);
    offset += Buffer.byteLength(text);
  }
  return run;
}

test("the segment of a recording in which one bit is another one is named", async () => {
  await using log = instance();
  const { id, output, eventSeq } = await recorded(log, "the first, ", "the second, ", "the last\n");
  expect(await log.verify()).toMatchObject({ outputs: 1, difference: null });
  for (const offset of [0, 11, 23]) {
    const path = journalSegmentPath(output.stdoutPath, offset);
    const bytes = readFileSync(path);
    writeFileSync(
      path,
      bytes.map((byte, index) => (index === 4 ? byte ^ 1 : byte)),
    );
    expect((await log.verify()).difference).toEqual({
      seq: eventSeq,
      reason: `the recording of run ${id}: segment output.${offset}.raw: its bytes are not those that were recorded`,
    });
    writeFileSync(path, bytes);
  }
});

test("a segment that was changed together with the digest beside it is a difference of the whole", async () => {
  await using log = instance();
  const { id, output, eventSeq } = await recorded(log, "the first, ", "the last\n");
  writeFileSync(journalSegmentPath(output.stdoutPath, 11), "the lost\n");
  const sha256 = createHash("sha256").update("the lost\n").digest("hex");
  writeFileSync(journalDigestPath(output.stdoutPath, 11), `${sha256}  output.11.raw\n`);
  expect((await log.verify()).difference).toEqual({
    seq: eventSeq,
    reason: `the recording of run ${id}: its bytes are not those that were recorded`,
  });
});

test("a digest that cannot be read is a difference of the run it belongs to", async () => {
  await using log = instance();
  const { id, output, eventSeq } = await recorded(log, "the first, ", "the last\n");
  rmSync(journalDigestPath(output.stdoutPath, 11));
  mkdirSync(journalDigestPath(output.stdoutPath, 11));
  expect((await log.verify()).difference).toEqual({
    seq: eventSeq,
    reason: expect.stringMatching(`^the recording of run ${id}: the digests of its segments cannot be read: EISDIR`),
  });
});

test("a segment that is gone between others is a difference, and named by the one before it", async () => {
  await using log = instance();
  const { id, output, eventSeq } = await recorded(log, "the first, ", "the second, ", "the last\n");
  rmSync(journalSegmentPath(output.stdoutPath, 11));
  expect((await log.verify()).difference).toEqual({
    seq: eventSeq,
    reason: `the recording of run ${id}: segment output.0.raw: 23 bytes are due before the next one, and it has 11`,
  });
});

test("a recording that retention dropped is said, and not a difference", async () => {
  await using log = instance();
  const { id, output } = await log.run("in a terminal\n", true);
  rmSync(journalSegmentPath(output.stdoutPath, 0));
  const payload = { run: id, reason: "retention_days" as const, bytes: 14, sha256: null, segments: [] };
  await log.registry.commit((tx) =>
    tx.events.append({ name: "session.outputDropped", entity: `run:${id}`, actor: ADA, payload }),
  );
  expect(await log.verify()).toMatchObject({ outputs: 0, outputsGone: 1, difference: null });
  expect(await log.verify({ to: 4 })).toMatchObject({ outputsGone: 1, difference: null });
});

test("a log that was cut off behind a signed head is a difference", async () => {
  await using log = instance();
  await log.run("");
  await log.run("");
  await audit(log).signHead();
  log.registry.close();
  log.tamper("DELETE FROM runs WHERE key > 4; DELETE FROM events WHERE seq > 4");
  await using hashing = createHashService();
  const registry = open(log.stateDir);
  const observer = { signal: new AbortController().signal, onProgress: () => undefined };
  const { difference } = await createVerifyAudit({ registry, heads: log.heads, hashing })({}, observer);
  registry.close();
  expect(difference).toEqual({ seq: 8, reason: "the signed head of event 8: the log ends at event 4" });
});

test("a log that was written again behind a signed head is a difference, and signing it again does not hide that", async () => {
  await using log = instance();
  await log.run("");
  await log.heads.sign({ seq: 4, hash: "a".repeat(64) });
  await audit(log).signHead();
  expect((await log.verify()).difference).toMatchObject({ seq: 4, reason: expect.stringContaining("another event") });
});

test("a signed head that was changed is a difference, and is not written over", async () => {
  await using log = instance();
  await log.run("");
  await audit(log).signHead();
  const folder = join(log.stateDir, "audit/heads");
  const [name = ""] = readdirSync(folder);
  const text = readFileSync(join(folder, name), "utf8");
  writeFileSync(join(folder, name), text.replace('"sig":"', '"sig":"A'));
  expect((await log.verify()).difference?.seq).toBe(4);
  await expect(audit(log).signHead()).rejects.toMatchObject({ kind: "AuditUnusable" });
});

test("heads whose key is gone are a difference, and no other key takes its place", async () => {
  await using log = instance();
  await log.run("");
  await audit(log).signHead();
  rmSync(join(log.stateDir, "audit/key.pem"));
  const heads = createHeads({ stateDir: log.stateDir, now: () => new Date(AT) });
  expect([...heads.read()]).toMatchObject([{ seq: 4, flaw: expect.stringContaining("key.pem is gone") }]);
  expect(() => heads.key()).toThrow(expect.objectContaining({ kind: "AuditUnusable" }));
});

test("verifying is given up when it is told to", async () => {
  await using log = instance();
  for (let n = 0; n < 60; n++) await log.run("x");
  const reason = new Error("enough");
  await expect(log.verify({}, AbortSignal.abort(reason))).rejects.toBe(reason);
});
