import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createFrameDecoder,
  decodeNotice,
  decodeNumber,
  decodeSize,
  encodeFrame,
  encodeNotice,
  encodeNumber,
  encodeSize,
  FRAME,
  type FrameType,
  MAX_FRAME_BYTES,
  type Notice,
  StreamError,
} from "../../src/stream/index.ts";

const frameType = fc.constantFrom<FrameType[]>(...Object.values(FRAME));
const frame = fc.record({ type: frameType, payload: fc.uint8Array({ maxLength: 40 }) });

test("frames come out as they went in, however the bytes are split", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 12 }), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(({ type, payload }) => encodeFrame(type, payload)));
      const seen: { type: number; payload: Uint8Array }[] = [];
      const decoder = createFrameDecoder((type, payload) => seen.push({ type, payload: Uint8Array.from(payload) }));
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
      for (const [index, place] of places.entries()) decoder.push(bytes.subarray(place, places[index + 1] ?? place));
      expect(seen).toEqual(frames);
    }),
  );
});

test("every split of a stream into two gives the same frames", () => {
  const bytes = Buffer.concat([
    encodeFrame(FRAME.output, Buffer.from("héllo")),
    encodeFrame(FRAME.resize, encodeSize(80, 24)),
    encodeFrame(FRAME.ack, encodeNumber(0)),
  ]);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const types: number[] = [];
    const decoder = createFrameDecoder((type) => types.push(type));
    decoder.push(bytes.subarray(0, cut));
    decoder.push(bytes.subarray(cut));
    expect(types).toEqual([FRAME.output, FRAME.resize, FRAME.ack]);
  }
});

test("a length beyond the limit is refused before anything is buffered for it", () => {
  const header = new Uint8Array([FRAME.input, 0xff, 0xff, 0xff, 0xff]);
  expect(() => createFrameDecoder(() => {}).push(header)).toThrow(StreamError);
  expect(() => encodeFrame(FRAME.input, new Uint8Array(MAX_FRAME_BYTES + 1))).toThrow(RangeError);
});

test("offsets keep their value up to 2^53, sizes up to 2^16", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(65_535), fc.nat(65_535), (offset, cols, rows) => {
      expect(decodeNumber(encodeNumber(offset))).toBe(offset);
      expect(decodeSize(encodeSize(cols, rows))).toEqual({ cols, rows });
    }),
  );
  expect(() => decodeNumber(new Uint8Array(8).fill(0xff))).toThrow(StreamError);
  expect(() => decodeNumber(new Uint8Array(7))).toThrow(StreamError);
});

test("notices travel as JSON, and unknown ones are passed over", () => {
  const notices: Notice[] = [
    { kind: "control-taken", by: "a2" },
    { kind: "control-given" },
    { kind: "resized", cols: 1, rows: 2 },
    { kind: "input-refused" },
    { kind: "skipped", from: 10, to: 20 },
    { kind: "news", title: "fix-login is idle", body: "1-fix-login" },
  ];
  for (const notice of notices) expect(decodeNotice(encodeNotice(notice))).toEqual(notice);
  expect(decodeNotice(Buffer.from('{"kind":"from-the-future"}'))).toBeUndefined();
  expect(decodeNotice(Buffer.from('{"kind":"news","title":"without a body"}'))).toBeUndefined();
  expect(decodeNotice(Buffer.from("{"))).toBeUndefined();
});
