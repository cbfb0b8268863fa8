import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseDrops, type KeptOutput } from "../../src/domain/retention.ts";

const output = fc.record({
  session: fc.uuid(),
  bytes: fc.nat(100),
  endedAtMs: fc.option(fc.nat(1_000)),
}) satisfies fc.Arbitrary<KeptOutput>;

test("what is left is within the total, as far as finished sessions can give way, and those that ended first go first", () => {
  fc.assert(
    fc.property(fc.array(output), fc.nat(500), (outputs, totalBytes) => {
      const drops = new Map(
        chooseDrops(outputs, { totalBytes, retentionMs: null }, 2_000).map((drop) => [drop.session, drop.reason]),
      );
      const left = outputs.filter(({ session }) => !drops.has(session));
      const finished = left.filter(({ endedAtMs, bytes }) => endedAtMs !== null && bytes > 0);
      const leftBytes = left.reduce((sum, { bytes }) => sum + bytes, 0);
      if (finished.length > 0) expect(leftBytes).toBeLessThanOrEqual(totalBytes);
      const dropped = outputs.filter(({ session }) => drops.has(session));
      // Of several that ended at the same time the one that went last.
      const newest = outputs.find(({ session }) => session === [...drops.keys()].at(-1));
      for (const { endedAtMs, bytes } of dropped) expect([endedAtMs === null, bytes === 0]).toEqual([false, false]);
      for (const { endedAtMs } of finished) expect(endedAtMs).toBeGreaterThanOrEqual(newest?.endedAtMs ?? 0);
      // Without the last one it would have been too much still.
      if (newest !== undefined) expect(leftBytes + newest.bytes).toBeGreaterThan(totalBytes);
    }),
  );
});

test("sessions that ended too long ago go whatever there is room for, live ones never", () => {
  const outputs: KeptOutput[] = [
    { session: "live", bytes: 10, endedAtMs: null },
    { session: "old", bytes: 0, endedAtMs: 899 },
    { session: "new", bytes: 10, endedAtMs: 900 },
  ];
  expect(chooseDrops(outputs, { totalBytes: null, retentionMs: 100 }, 1_000)).toEqual([
    { session: "old", reason: "retention_days" },
  ]);
  expect(chooseDrops(outputs, { totalBytes: null, retentionMs: null }, 1_000)).toEqual([]);
});
