import { OrchastrationError } from "@orchastration/protocol";
import {
  createFrameDecoder,
  decodeNotice,
  decodeNumber,
  decodeSize,
  parseAttachRequest,
  StreamError,
} from "@orchastration/protocol/stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interpretFile } from "../../packages/daemon/src/config/interpret-file.ts";
import { parseProgramMessage } from "../../packages/daemon/src/domain/program-status.ts";
import { createSignalScanner } from "../../packages/daemon/src/screens/output-signals.ts";
import { createScreen } from "../../packages/daemon/src/screens/screen.ts";
import { parseHeader } from "../../packages/daemon/src/task-files/parse-header.ts";
import { splitFile } from "../../packages/daemon/src/task-files/split-file.ts";
import { createDecoder } from "../../packages/protocol/src/rpc/framing.ts";

/** Everything that reads what strangers write: it answers or refuses, in bounded time and space, and throws nothing else. */

/** Per reader; an hour's worth once, seconds in every run of the tests: `ABUSE_MINUTES=10 npm test -- test/abuse/fuzz`. */
const EACH_MS = Number(process.env.ABUSE_MINUTES ?? "0.03") * 60_000;
const options = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: EACH_MS, reporter: report };
const timeout = { timeout: EACH_MS * 2 + 60_000 };

/** Whoever fuzzes for long wants to know how often each reader was tried. */
function report<T>(details: fc.RunDetails<T>): void {
  const message = fc.defaultReportMessage(details);
  if (message !== undefined) throw new Error(message);
  if (process.env.ABUSE_MINUTES !== undefined) {
    process.stderr.write(`${expect.getState().currentTestName}: ${details.numRuns} inputs, seed ${details.seed}\n`);
  }
}

/** Bytes that mean something to the reader among bytes that do not, so that the fuzzer gets past the first one. */
function soup(...words: readonly string[]): fc.Arbitrary<Buffer> {
  const piece = fc.oneof(
    fc.constantFrom(...words).map((word) => Buffer.from(word, "latin1")),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.constantFrom(...words), fc.nat(2_000))
      .map(([word, times]) => Buffer.from(word.repeat(times), "latin1")),
  );
  return fc.array(piece, { maxLength: 24 }).map((pieces) => Buffer.concat(pieces));
}

function inPieces(bytes: Uint8Array, cuts: readonly number[], take: (piece: Uint8Array) => void): void {
  let from = 0;
  for (const cut of cuts.map((at) => at % (bytes.length + 1)).toSorted((a, b) => a - b)) {
    take(bytes.subarray(from, cut));
    from = cut;
  }
  take(bytes.subarray(from));
}

const cuts = fc.array(fc.nat(), { maxLength: 6 });

/** Nothing but a refusal is thrown. */
function answersOrRefuses(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
  }
}

describe("what strangers write is answered or refused", () => {
  test("messages of the control connection", timeout, () => {
    const words = [
      "\n",
      "\r\n",
      "Content-Length: ",
      "4294967296",
      "2",
      "\r\n\r\n",
      "{}",
      "[",
      '"',
      "\\ud800",
      "\ufeff",
    ];
    fc.assert(
      fc.property(soup(...words), cuts, (bytes, places) => {
        const decoder = createDecoder(4_096);
        try {
          inPieces(bytes, places, (piece) => {
            decoder.push(piece);
            for (let text = decoder.next(); text !== undefined; text = decoder.next()) {
              expect(text.length).toBeLessThanOrEqual(4_096);
            }
          });
        } catch (error) {
          expect(error).toBeInstanceOf(OrchastrationError);
        }
      }),
      options,
    );
  });

  test("frames of a terminal stream", timeout, () => {
    const words = [
      "\0\0\0\0\0",
      "\x01\0\0\0\x03abc",
      "\x02\0\0\0\x04\0\x50\0\x18",
      "\xff\xff\xff\xff\xff",
      "\x07\0\0\0\x08",
    ];
    fc.assert(
      fc.property(soup(...words), cuts, (bytes, places) => {
        let given = 0;
        const decoder = createFrameDecoder((_type, payload) => {
          given += payload.length;
          for (const read of [decodeSize, decodeNumber, decodeNotice]) answersOrRefuses(() => read(payload));
        });
        answersOrRefuses(() => inPieces(bytes, places, (piece) => decoder.push(piece)));
        expect(given).toBeLessThanOrEqual(bytes.length);
      }),
      options,
    );
  });

  test("the line that attaches", timeout, () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom("control", "watch", 1, 0, -1, 65_536, null, "__proto__"),
    );
    const request = fc.record({ version: value, session: value, mode: value, from: value, cols: value, rows: value });
    const line = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json({ maxDepth: 3 }),
      request.map((attach) => JSON.stringify({ attach })),
    );
    fc.assert(
      fc.property(line, (text) => {
        let parsed: ReturnType<typeof parseAttachRequest>;
        try {
          parsed = parseAttachRequest(text);
        } catch (error) {
          expect(String(error)).toContain("the attach line needs");
        }
        if (parsed === undefined) return;
        expect(["control", "watch"]).toContain(parsed.mode);
        expect(typeof parsed.session).toBe("string");
      }),
      options,
    );
  });

  test("configuration files", timeout, () => {
    const words = [
      "[jobs.a]\n",
      "command = [",
      '"',
      "'''",
      '"""',
      "]\n",
      "{ ",
      "=",
      "timeout_seconds = -1e999\n",
      "[[",
      "\\u0000",
      "__proto__",
      ".",
      "2026-13-01",
      "\r\n",
      "#",
    ];
    fc.assert(
      fc.property(soup(...words), fc.constantFrom("global" as const, "project" as const), (bytes, role) => {
        const read = interpretFile("/config.toml", role, bytes);
        expect(typeof read).toBe("object");
        expect(Object.getPrototypeOf({})).not.toHaveProperty("command");
      }),
      options,
    );
  });

  test("task files", timeout, async () => {
    const words = [
      "---\n",
      "title: ",
      "labels: [",
      "]",
      "&a ",
      "*a",
      "!!js/function ",
      "- ",
      "{",
      "\n",
      "\r\n",
      "\t",
      "'",
      '"',
    ];
    await fc.assert(
      fc.asyncProperty(soup(...words), async (bytes) => {
        const { headerStart, headerEnd, bodyStart } = splitFile(bytes);
        expect(headerStart <= headerEnd && headerEnd <= bodyStart && bodyStart <= bytes.length).toBe(true);
        await parseHeader(bytes.toString("utf8", headerStart, headerEnd), 1);
      }),
      options,
    );
  });

  test("what a program says of itself", timeout, () => {
    const words = ["state=", "working", ":", "id=", "a/", "title=", "////", "msg=", "progress=", "-1", "\x1b", "\0"];
    fc.assert(
      fc.property(soup(...words), (bytes) => {
        const message = parseProgramMessage(bytes.toString("latin1"));
        if (message === undefined) return;
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(JSON.stringify(message)).not.toMatch(/[\u0000-\u001f]|\\u00[01]/);
      }),
      options,
    );
  });

  test("the output of a program", timeout, async () => {
    const words = [
      "\x1b]",
      "7501;state=done",
      "133;A",
      "9;",
      "777;notify;",
      "99;",
      "\x07",
      "\x1b\\",
      "\x1b[",
      "999999999",
      ";",
      "m",
      "H",
      "\x1bP",
      "\x1bc",
    ];
    await fc.assert(
      fc.asyncProperty(soup(...words), cuts, async (bytes, places) => {
        let told = 0;
        const scanner = createSignalScanner(() => (told += 1));
        inPieces(bytes, places, (piece) => scanner.take(piece));
        expect(told).toBeLessThanOrEqual(bytes.length);
        const screen = createScreen({ cols: 20, rows: 5, offset: 0 }, () => {});
        inPieces(bytes, places, (piece) => screen.write(piece));
        expect(screen.serialize().length).toBeLessThan(1_000_000);
        screen.dispose();
      }),
      options,
    );
  });
});
