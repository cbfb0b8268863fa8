import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createMemoryTransports } from "../../src/rpc/index.ts";

test("messages arrive in order, both ways, and never within the call that sends them", async () => {
  const [left, right] = createMemoryTransports();
  const seen: string[] = [];
  left.onMessage((message) => seen.push(`left ${message}`));
  right.onMessage((message) => seen.push(`right ${message}`));
  for (const message of ["1", "2", "3"]) left.send(message);
  right.send("4");
  expect(seen).toEqual([]);
  await nextTurn();
  expect(seen).toEqual(["right 1", "right 2", "right 3", "left 4"]);
});

test("what was sent before the close arrives, and nothing after it", async () => {
  const [left, right] = createMemoryTransports();
  const seen: unknown[] = [];
  for (const end of [left, right]) {
    end.onMessage((message) => seen.push(message));
    end.onClose((reason) => seen.push(reason));
  }
  left.send("last");
  left.close();
  left.send("late");
  right.send("to a closing end");
  await nextTurn();
  expect(seen).toEqual(["last", null, null]);
});

test("says what is on the way, and when nothing is", async () => {
  const [left] = createMemoryTransports();
  const drained: number[] = [];
  left.onDrain(() => drained.push(left.bufferedBytes));
  left.send("abc");
  left.send("de");
  expect(left.bufferedBytes).toBe(5);
  await nextTurn();
  expect(drained).toEqual([0]);
});
