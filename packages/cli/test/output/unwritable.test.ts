import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { write } from "../../src/output/write.ts";
import { reportError } from "../../src/report-error.ts";

let full: Writable;
let collected: string[];
let terminal: Writable;

beforeEach(() => {
  full = failing("ENOSPC", "no space left on device");
  collected = [];
  terminal = new Writable({
    write(chunk: Buffer, _encoding, done) {
      collected.push(chunk.toString());
      done();
    },
  });
});
afterEach(() => {
  full.destroy();
  terminal.destroy();
});

function failing(code: string, reason: string): Writable {
  const stream = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(`${code}: ${reason}`), { code })),
  });
  return stream.on("error", () => {});
}

async function failureOf(stream: Writable): Promise<unknown> {
  return await write(stream, "a result").then(
    () => undefined,
    (error: unknown) => error,
  );
}

test.each([false, true])("a full disk under stdout is named in plain words on stderr (json: %s)", async (isJson) => {
  const error = await failureOf(full);
  expect(await reportError(error, { stdout: full, stderr: terminal }, isJson)).toBe(1);
  expect(collected.join("")).toBe(
    "orchastration: The output cannot be written: ENOSPC: no space left on device.\n" +
      "Make room, or send the output somewhere else.\n",
  );
});

test("an error whose JSON cannot be written is told on stderr", async () => {
  expect(await reportError(new Error("odd"), { stdout: full, stderr: terminal }, true)).toBe(1);
  expect(collected.join("")).toContain("odd");
});

test("an error that nobody can be told of still answers its exit code", async () => {
  expect(await reportError(await failureOf(full), { stdout: full, stderr: full }, false)).toBe(1);
});

test("a reader who left is no failure of the output", async () => {
  const closed = failing("EPIPE", "broken pipe");
  expect(await reportError(await failureOf(closed), { stdout: closed, stderr: terminal }, false)).toBe(141);
  expect(collected).toEqual([]);
});
