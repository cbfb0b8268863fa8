import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { followFile } from "../../src/follow/follow-file.ts";

function collect() {
  const chunks: Buffer[] = [];
  return {
    sink: async (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)),
    text: () => Buffer.concat(chunks).toString("latin1"),
  };
}

test("everything that is appended is handed on, up to the end that is said", async () => {
  const path = join(temporaryDirectory(), "out");
  writeFileSync(path, "one ");
  const { sink, text } = collect();
  const follower = followFile(path, sink);
  await expect.poll(text).toBe("one ");
  appendFileSync(path, "two ");
  await expect.poll(text).toBe("one two ");
  appendFileSync(path, "three and what a survivor wrote");
  follower.finishAt(13);
  expect(await follower.done).toBe(13);
  expect(text()).toBe("one two three");
});

test("an end that is said at once holds for the first read", async () => {
  const path = join(temporaryDirectory(), "out");
  writeFileSync(path, "mine and what a survivor wrote");
  const { sink, text } = collect();
  const follower = followFile(path, sink);
  follower.finishAt(4);
  await follower.done;
  expect(text()).toBe("mine");
});

test("it begins at an offset", async () => {
  const path = join(temporaryDirectory(), "out");
  writeFileSync(path, "0123456789");
  const { sink, text } = collect();
  const follower = followFile(path, sink, 4);
  follower.finishAt(10);
  expect(await follower.done).toBe(10);
  expect(text()).toBe("456789");
});

test("an end that was passed already ends it", async () => {
  const path = join(temporaryDirectory(), "out");
  writeFileSync(path, "0123456789");
  const follower = followFile(path, collect().sink, 20);
  follower.finishAt(10);
  expect(await follower.done).toBe(20);
});

test("a file that is shorter than said ends it too, and a missing one is empty", async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "out"), "abc");
  for (const [name, length] of [
    ["out", 3],
    ["none", 0],
  ] as const) {
    const follower = followFile(join(directory, name), collect().sink);
    follower.finishAt(100);
    expect(await follower.done).toBe(length);
  }
});

test("large binary content arrives unchanged, and never faster than it is taken", async () => {
  const path = join(temporaryDirectory(), "out");
  const content = Buffer.from(Array.from({ length: 1_000_003 }, (_, index) => (index * 7919) % 256));
  writeFileSync(path, content);
  let isBusy = false;
  const taken: Buffer[] = [];
  const follower = followFile(path, async (bytes) => {
    expect(isBusy).toBe(false);
    isBusy = true;
    taken.push(Buffer.from(bytes));
    await new Promise((resolve) => setImmediate(resolve));
    isBusy = false;
  });
  follower.finishAt(content.length);
  await follower.done;
  expect(Buffer.concat(taken).equals(content)).toBe(true);
});

test("a sink that fails ends it with its reason", async () => {
  const path = join(temporaryDirectory(), "out");
  writeFileSync(path, "abc");
  const follower = followFile(path, () => Promise.reject(new Error("the reader left")));
  await expect(follower.done).rejects.toThrow("the reader left");
});

test("stop ends it while it waits", async () => {
  const path = join(temporaryDirectory(), "out");
  writeFileSync(path, "abc");
  const { sink, text } = collect();
  const follower = followFile(path, sink);
  await expect.poll(text).toBe("abc");
  follower.stop();
  expect(await follower.done).toBe(3);
});
