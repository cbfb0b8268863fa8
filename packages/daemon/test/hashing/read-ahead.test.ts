import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { until } from "../../../../test/support/until.ts";
import { canReadAhead, closeAfterReading, readAhead } from "../../src/hashing/read-ahead.ts";
import { temporaryFiles } from "./temporary-files.ts";

const MiB = 1024 * 1024;

/** Waits for what has to be waited for. */
async function collect(descriptor: number, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (const settled of readAhead(descriptor, maxBytes, (bytes) => pieces.push(Buffer.from(bytes)))) await settled;
  return Buffer.concat(pieces);
}

function isOpen(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}

describe("a file that is read ahead", () => {
  it.each([0, 1, MiB, MiB + 1, 3 * MiB, 5 * MiB - 1])("has all of its %d bytes, in their order", async (size) => {
    using files = temporaryFiles();
    const content = randomBytes(size);
    const descriptor = openSync(files.write("file", content), constants.O_RDONLY);

    expect((await collect(descriptor, Number.POSITIVE_INFINITY)).equals(content)).toBe(true);
    closeAfterReading(descriptor);
    expect(isOpen(descriptor)).toBe(false);
  });

  it.each([1, MiB, 2 * MiB + 7])("is read no further than the %d bytes that were asked for", async (maxBytes) => {
    using files = temporaryFiles();
    const content = randomBytes(4 * MiB);
    const descriptor = openSync(files.write("file", content), constants.O_RDONLY);

    expect((await collect(descriptor, maxBytes)).equals(content.subarray(0, maxBytes))).toBe(true);
    // Where the next reader would begin.
    expect((await collect(descriptor, 3)).equals(content.subarray(maxBytes, maxBytes + 3))).toBe(true);
    closeSync(descriptor);
  });

  it("fails as its read does, and leaves the way free for the next", async () => {
    using files = temporaryFiles();
    const descriptor = openSync(files.path("file"), "w");

    await expect(collect(descriptor, MiB)).rejects.toHaveProperty("code", "EBADF");
    expect(canReadAhead()).toBe(true);
    closeAfterReading(descriptor);
    expect(isOpen(descriptor)).toBe(false);
  });

  it("stays open, and keeps others waiting, until the read that was given up is over", async () => {
    using files = temporaryFiles();
    const descriptor = openSync(files.writeSparse("file", 8 * MiB), constants.O_RDONLY);
    const pieces = readAhead(descriptor, Number.POSITIVE_INFINITY, () => {});
    expect(pieces.next().done).toBe(false);

    pieces.return();
    closeAfterReading(descriptor);

    // The end of the read cannot be heard of before this function lets the event loop go on.
    expect(isOpen(descriptor)).toBe(true);
    expect(canReadAhead()).toBe(false);
    await until(() => !isOpen(descriptor));
    expect(canReadAhead()).toBe(true);
  });
});
