import fc from "fast-check";
import { expect, test } from "vitest";
import { hashFiles, splitIntoBatches, toAbsolute } from "../../src/hashing/hash-files.ts";

const MESSAGE_LIMIT_BYTES = 1_048_576;

test("batches keep the order, lose nothing, and fit into a message", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "é", "\n", "\\", "🎼"), minLength: 1, maxLength: 4_000 });
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), fc.nat(40), (names, copies) => {
      const files = Array.from({ length: copies + 1 }, () => names).flat();
      const batches = splitIntoBatches(files);
      expect(batches.flat()).toEqual(files);
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(500);
        expect(Buffer.byteLength(JSON.stringify({ files: batch }))).toBeLessThan(MESSAGE_LIMIT_BYTES);
      }
    }),
    { numRuns: 30 },
  );
});

test("few files go one by one, so that each is answered as soon as it is known", () => {
  expect(splitIntoBatches(["a", "b", "c"])).toEqual([["a"], ["b"], ["c"]]);
  expect(splitIntoBatches(Array.from({ length: 20_000 }, String)).length).toBe(40);
});

test("a few requests are open at once, and answers that come in any order are given in the files' order", async () => {
  const waiting: (() => void)[] = [];
  let mostOpen = 0;
  let open = 0;
  const client = {
    call: (_method: string, { files }: { files: string[] }) =>
      new Promise((resolve) => {
        mostOpen = Math.max(mostOpen, ++open);
        waiting.unshift(() => {
          open--;
          resolve({ outcomes: files.map((file) => ({ file, algorithm: "sha256", hash: file })) });
        });
        // The youngest request is answered first.
        setImmediate(() => waiting.shift()?.());
      }),
  };
  const files = Array.from({ length: 12 }, (_, index) => `/f${index}`);
  const given: string[] = [];
  const options = { algorithm: "sha256", signal: new AbortController().signal, onProgress: () => {} } as const;
  for await (const outcomes of hashFiles(client as never, files, options)) {
    given.push(...outcomes.map(({ file }) => file));
  }
  expect(given).toEqual(files);
  expect(mostOpen).toBe(4);
});

test("a name becomes absolute and stays as written otherwise", () => {
  expect(toAbsolute("/work", "link/../x")).toBe("/work/link/../x");
  expect(toAbsolute("/", "x")).toBe("/x");
  expect(toAbsolute("/work", "/a//b")).toBe("/a//b");
});
