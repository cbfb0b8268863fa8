import { expect, test } from "vitest";
import { fileStamp, isStampSettled } from "../../src/domain/file-stamp.ts";

const identity = { dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n };

test("each part of a file's identity is part of its stamp", () => {
  const others = Object.keys(identity).map((part) => fileStamp({ ...identity, [part]: 99n }));
  expect(new Set([fileStamp(identity), ...others]).size).toBe(6);
});

test("a stamp is settled once the clock of any file system has moved on", () => {
  const nowMs = 1_700_000_000_000;
  const agoMs = (ms: number) => ({ mtimeNs: BigInt(nowMs - ms) * 1_000_000n });
  expect(isStampSettled(agoMs(3000), nowMs)).toBe(true);
  expect(isStampSettled(agoMs(2000), nowMs)).toBe(false);
  expect(isStampSettled(agoMs(-60_000), nowMs)).toBe(false);
});
