/**
 * Frames of the terminal stream: `u8 type, u32be length, payload`. Types a receiver does not know are passed over, so that either end can be newer.
 * Pure: bytes in, bytes out.
 */
export const FRAME = {
  /** To the client: bytes of the terminal, contiguous from the offset the stream began at. */
  output: 0,
  /** To the supervisor: bytes typed. */
  input: 1,
  /** To the supervisor: u16be columns, u16be rows. */
  resize: 2,
  /** To the client: u64be final offset; no more output follows. */
  end: 3,
  /** Either way: u64be token. */
  ping: 4,
  pong: 5,
  /** To the client: JSON {@link Notice}. */
  notice: 6,
  /** To the supervisor: u64be offset up to which output has been consumed. */
  ack: 7,
} as const;

export type FrameType = (typeof FRAME)[keyof typeof FRAME];

/** The longest payload, in bytes. A longer length is no frame but a lost stream, and nothing is buffered for it. */
export const MAX_FRAME_BYTES = 1_048_576;

const HEADER_BYTES = 5;
/** Offsets beyond 2^53 cannot be told apart as numbers; nine petabytes are enough for a terminal. */
const TWO_TO_32 = 2 ** 32;

export type Notice =
  | { readonly kind: "control-taken"; readonly by: string }
  | { readonly kind: "control-given" }
  | { readonly kind: "resized"; readonly cols: number; readonly rows: number }
  | { readonly kind: "input-refused" }
  /** Output between these offsets was not sent to this client; it stands in the journal. */
  | { readonly kind: "skipped"; readonly from: number; readonly to: number }
  /** What happened elsewhere and the person may want to know; plain text, a line each. */
  | { readonly kind: "news"; readonly title: string; readonly body: string };

export class StreamError extends Error {
  override readonly name = "StreamError";
}

export function encodeFrame(type: FrameType, payload: Uint8Array): Uint8Array {
  if (payload.length > MAX_FRAME_BYTES) throw new RangeError(`a frame holds at most ${MAX_FRAME_BYTES} bytes`);
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, type);
  view.setUint32(1, payload.length);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

export interface FrameDecoder {
  /**
   * Takes what arrived, however it was split, and hands on every frame that is complete. A payload may be a view of `bytes`.
   * @throws StreamError when a length is beyond the limit
   */
  push(bytes: Uint8Array): void;
}

export function createFrameDecoder(onFrame: (type: number, payload: Uint8Array) => void): FrameDecoder {
  let pending = new Uint8Array(0);
  return {
    push(bytes) {
      const data = pending.length === 0 ? bytes : concatenate(pending, bytes);
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      let at = 0;
      while (data.length - at >= HEADER_BYTES) {
        const length = view.getUint32(at + 1);
        if (length > MAX_FRAME_BYTES)
          throw new StreamError(`a frame of ${length} bytes; at most ${MAX_FRAME_BYTES} are allowed`);
        const end = at + HEADER_BYTES + length;
        if (end > data.length) break;
        onFrame(view.getUint8(at), data.subarray(at + HEADER_BYTES, end));
        at = end;
      }
      pending = data.slice(at);
    },
  };
}

export function encodeSize(cols: number, rows: number): Uint8Array {
  const payload = new Uint8Array(4);
  const view = new DataView(payload.buffer);
  view.setUint16(0, cols);
  view.setUint16(2, rows);
  return payload;
}

export function decodeSize(payload: Uint8Array): { readonly cols: number; readonly rows: number } {
  const view = viewOf(payload, 4);
  return { cols: view.getUint16(0), rows: view.getUint16(2) };
}

/** For end, ping, pong and ack. */
export function encodeNumber(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no offset`);
  const payload = new Uint8Array(8);
  const view = new DataView(payload.buffer);
  view.setUint32(0, Math.floor(value / TWO_TO_32));
  view.setUint32(4, value % TWO_TO_32);
  return payload;
}

export function decodeNumber(payload: Uint8Array): number {
  const view = viewOf(payload, 8);
  const value = view.getUint32(0) * TWO_TO_32 + view.getUint32(4);
  if (!Number.isSafeInteger(value)) throw new StreamError("an offset beyond 2^53");
  return value;
}

export function encodeNotice(notice: Notice): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(notice));
}

/** Undefined for a notice this version does not know. */
export function decodeNotice(payload: Uint8Array): Notice | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload));
    return isNotice(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isNotice(value: unknown): value is Notice {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const has = (...names: string[]): boolean => names.every((name) => Number.isSafeInteger(fields[name]));
  switch (value.kind) {
    case "control-taken":
    case "control-given":
    case "input-refused":
      return true;
    case "resized":
      return has("cols", "rows");
    case "skipped":
      return has("from", "to");
    case "news":
      return typeof fields["title"] === "string" && typeof fields["body"] === "string";
    default:
      return false;
  }
}

function viewOf(payload: Uint8Array, length: number): DataView {
  if (payload.length !== length) throw new StreamError(`a payload of ${payload.length} bytes where ${length} are due`);
  return new DataView(payload.buffer, payload.byteOffset, length);
}

function concatenate(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}
