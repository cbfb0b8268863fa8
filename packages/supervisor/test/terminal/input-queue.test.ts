import fc from "fast-check";
import { expect, test } from "vitest";
import { createInputQueue } from "../../src/terminal/input-queue.ts";
import { createFakeClock } from "../support/fake-clock.ts";

/** A program that reads only when told. */
function createProgram(roomBytes: number) {
  const taken: number[] = [];
  const program = { room: roomBytes, offers: 0, taken };
  const offer = (bytes: Uint8Array): number => {
    program.offers++;
    const count = Math.min(program.room, bytes.length);
    taken.push(...bytes.subarray(0, count));
    program.room -= count;
    return count;
  };
  return { program, offer };
}

const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what a program has room for is given to it before write returns", () => {
  const { program, offer } = createProgram(10);
  const queue = createInputQueue(createFakeClock(), () => {}, offer);
  queue.write(Buffer.from("key"));
  expect([Buffer.from(program.taken).toString(), queue.queuedBytes]).toEqual(["key", 0]);
});

test("a program that does not read is asked ever more seldom, and not at all once the terminal is closed", async () => {
  const clock = createFakeClock();
  const { program, offer } = createProgram(0);
  const queue = createInputQueue(clock, () => {}, offer);
  queue.write(Buffer.alloc(10 * 1024 * 1024));
  for (let turn = 0; turn < 50; turn++) await turnOfTheLoop();
  expect(program.offers).toBe(3);
  expect(clock.pending).toBe(1);
  clock.advance(60_000);
  expect(program.offers).toBeLessThan(1300);
  queue.close();
  const { offers } = program;
  clock.advance(60_000);
  expect([program.offers, clock.pending, queue.queuedBytes]).toEqual([offers, 0, 0]);
});

test("everything arrives once and in order, whatever room the program makes", async () => {
  const step = fc.record({ write: fc.nat(20), room: fc.nat(20) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const clock = createFakeClock();
      const { program, offer } = createProgram(0);
      const queue = createInputQueue(clock, () => {}, offer);
      let written = 0;
      const pass = async (): Promise<void> => {
        for (let turn = 0; turn < 4; turn++) await turnOfTheLoop();
        clock.advance(100);
        expect(program.taken).toEqual(Array.from({ length: written - queue.queuedBytes }, (_, index) => index % 256));
      };
      for (const { write, room } of steps) {
        queue.write(Uint8Array.from({ length: write }, () => written++ % 256));
        program.room += room;
        await pass();
        expect(queue.queuedBytes === 0 || program.room === 0).toBe(true);
      }
      program.room = Number.POSITIVE_INFINITY;
      await pass();
      expect(queue.queuedBytes).toBe(0);
    }),
  );
});
