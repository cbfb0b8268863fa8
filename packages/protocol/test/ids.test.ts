import { expect, test } from "vitest";
import { isId, isIdPrefix, newId } from "../src/ids.ts";

test("ids are told from one another, however many are made", () => {
  const ids = Array.from({ length: 10_000 }, newId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !isId(id))).toEqual([]);
});

test("the beginning of an id stands for it, and nothing else does", () => {
  expect(["7k3m", "7k3m9q2x5r8t"].map(isIdPrefix)).toEqual([true, true]);
  expect(["7k3", "7k3m9q2x5r8tt", "7K3M", "7k3l", "7k3m ", ""].map(isIdPrefix)).toEqual(
    Array.from({ length: 6 }, () => false),
  );
});
