import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDecoder, encodeFrame, type Framing } from "../../src/rpc/framing.ts";

const LIMIT_BYTES = 64;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Outcome {
  readonly messages: readonly string[];
  readonly framing: Framing;
  /** Why the stream could not be read to its end. */
  readonly error: string | null;
}

const lines = (messages: readonly string[], error: string | null = null): Outcome => ({
  messages,
  framing: "lines",
  error,
});
const framed = (messages: readonly string[], error: string | null = null): Outcome => ({
  messages,
  framing: "content-length",
  error,
});

function decode(chunks: readonly Uint8Array[]): Outcome {
  const decoder = createDecoder(LIMIT_BYTES);
  const messages: string[] = [];
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let message = decoder.next(); message !== undefined; message = decoder.next()) messages.push(message);
    }
    return { messages, framing: decoder.framing, error: null };
  } catch (error) {
    return { messages, framing: decoder.framing, error: error instanceof Error ? error.message : "no error" };
  }
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...[...places].sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
}

const tooLong = `A message is longer than ${LIMIT_BYTES} bytes.`;
const noLength = "The header of a message has one Content-Length, a number of bytes.";
const endlessHeader = "No end of the header within 1024 bytes.";

const streams: Readonly<Record<string, { bytes: Uint8Array; outcome: Outcome }>> = {
  "lines, with CRLF, blank lines, and characters of two to four bytes": {
    bytes: bytesOf('\r\n\n{"a":"é"}\n  \t\n  {"b":"🦜漢"}\r\n\r\n7\nrest'),
    outcome: lines(['{"a":"é"}', '{"b":"🦜漢"}\r', "7"]),
  },
  "nothing but blanks": { bytes: bytesOf(" \t\r\n \n"), outcome: lines([]) },
  "a line that is no UTF-8 among others": {
    bytes: new Uint8Array([0x31, 0x0a, 0x22, 0xff, 0x22, 0x0a, 0x32, 0x0a]),
    outcome: lines(["1", "", "2"]),
  },
  "a line of just the limit": {
    bytes: bytesOf(`${"x".repeat(LIMIT_BYTES)}\n1\n`),
    outcome: lines(["x".repeat(LIMIT_BYTES), "1"]),
  },
  "a line beyond the limit": {
    bytes: bytesOf(`1\n${"x".repeat(LIMIT_BYTES + 1)}\n2\n`),
    outcome: lines(["1"], tooLong),
  },
  "a line beyond the limit that has no end": {
    bytes: bytesOf("x".repeat(LIMIT_BYTES + 1)),
    outcome: lines([], tooLong),
  },
  "messages behind Content-Length headers": {
    bytes: bytesOf('Content-Length: 4\r\n\r\n"é"Content-Length: 0\r\n\r\nContent-Length: 3\r\n\r\n1\n2Content-Le'),
    outcome: framed(['"é"', "", "1\n2"]),
  },
  "further headers, blanks between messages, small letters, bare line feeds": {
    bytes: bytesOf(
      "\r\ncontent-length:2\r\nContent-Type: x; charset=utf-8\r\n\r\n{}\r\n\r\nX: y\nCONTENT-LENGTH: 1\n\n7",
    ),
    outcome: framed(["{}", "7"]),
  },
  "a message announced as beyond the limit": {
    bytes: bytesOf(`Content-Length: 2\r\n\r\n{}Content-Length: ${LIMIT_BYTES + 1}\r\n\r\n`),
    outcome: framed(["{}"], tooLong),
  },
  "a header without a length": { bytes: bytesOf("Content-Type: x\r\n\r\n{}"), outcome: framed([], noLength) },
  "a header with two lengths": {
    bytes: bytesOf("Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
    outcome: framed([], noLength),
  },
  "a length that is no plain number": {
    bytes: bytesOf("Content-Length: 0x2\r\n\r\n{}"),
    outcome: framed([], noLength),
  },
  "a length of twenty digits": {
    bytes: bytesOf("Content-Length: 18446744073709551616\r\n\r\n{}"),
    outcome: framed([], noLength),
  },
  "a header without an end": { bytes: bytesOf(`C${"x".repeat(1_100)}`), outcome: framed([], endlessHeader) },
};

describe.each(Object.entries(streams))("%s", (_name, { bytes, outcome }) => {
  test("is decoded as a whole", () => {
    expect(decode([bytes])).toEqual(outcome);
  });

  test("is decoded the same when it is cut at any two places", () => {
    const every = Array.from(bytes.keys());
    const firsts = bytes.length > 200 ? [1, 7] : every;
    for (const first of firsts) {
      for (const second of every.slice(first)) expect(decode(cut(bytes, [first, second]))).toEqual(outcome);
    }
  });

  test("is decoded the same when it comes byte by byte", () => {
    expect(decode(cut(bytes, Array.from(bytes.keys())))).toEqual(outcome);
  });
});

const message = fc.json({ maxDepth: 2 }).filter((text) => bytesOf(text).length <= LIMIT_BYTES);
const cuts = fc.array(fc.nat(), { maxLength: 30 });

test.each(["lines", "content-length"] as const)(
  "what was framed as %s is decoded again, however it is cut",
  (framing) => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1 }), cuts, (messages, places) => {
        const bytes = bytesOf(messages.map((text) => encodeFrame(text, framing)).join(""));
        const chunks = cut(
          bytes,
          places.map((place) => place % bytes.length),
        );
        expect(decode(chunks)).toEqual({ messages, framing, error: null });
      }),
    );
  },
);

test("any bytes at all are decoded the same, however they are cut", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .constantFrom("C", "c", "\n", "\r\n\r\n", "Content-Length: 3\r\n\r\n", "Content-Length: 65", " ", "{}", '"é"')
      .map(bytesOf),
  );
  fc.assert(
    fc.property(fc.array(piece), cuts, (pieces, places) => {
      const bytes = new Uint8Array(pieces.flatMap((part) => [...part]));
      const chunks = cut(
        bytes,
        places.map((place) => place % (bytes.length + 1)),
      );
      expect(decode(chunks)).toEqual(decode([bytes]));
    }),
    { numRuns: 2_000 },
  );
});

test("a line of a mebibyte that comes byte by byte is neither searched nor copied anew for every byte", () => {
  const length = 1_048_576;
  const decoder = createDecoder(length);
  const byte = bytesOf("x");
  for (let count = 0; count < length; count++) {
    decoder.push(byte);
    decoder.next();
  }
  decoder.push(bytesOf("\n"));
  expect(decoder.next()).toHaveLength(length);
});
