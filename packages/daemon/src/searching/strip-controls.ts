/** Text without what acts on a terminal, one character per byte (latin1), and where in the output its bytes stand. */
export interface PlainPiece {
  readonly text: string;
  /** From character `at` of the text on, the bytes are those from `offset` of the output on. In ascending order; nothing before the first one. */
  readonly places: readonly Place[];
}

export interface Place {
  readonly at: number;
  readonly offset: number;
}

export interface ControlStripper {
  /** The pieces, in their order and without a gap, give the same text however they were cut. */
  strip(bytes: Buffer, offset: number): PlainPiece;
}

/** What has begun like a string for the terminal (a title, a picture) and is longer is not waited for: its rest is text. */
const LONGEST_STRING_BYTES = 1024 * 1024;

const BEL = 0x07;
const LF = 0x0a;
const CR = 0x0d;
const CAN = 0x18;
const SUB = 0x1a;
const ESC = 0x1b;
const SPACE = 0x20;
const DEL = 0x7f;
/** First byte of a C1 control in UTF-8; the second one is the control itself. */
const C1_LEAD = 0xc2;
const C1_CSI = 0x9b;
const C1_ST = 0x9c;
/** What begins OSC, DCS, SOS, PM and APC, behind ESC and as C1 control. */
const STRING_BEGINNINGS: ReadonlySet<number> = new Set(Buffer.from("]PX^_"));
const C1_STRING_BEGINNINGS: ReadonlySet<number> = new Set([0x90, 0x98, 0x9d, 0x9e, 0x9f]);

/** 1 for a byte that is text whatever follows. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number((byte >= SPACE && byte !== DEL && byte !== C1_LEAD) || byte === 0x09 || byte === LF),
);

type State = "text" | "lead" | "escape" | "csi" | "string" | "string-lead";

/**
 * Takes colours, cursor movement, titles and every other control from output, byte by byte as a terminal reads them. Line feeds, tabs and text stay;
 * a carriage return becomes a line feed, so that what it would have hidden is found.
 */
export function createControlStripper(): ControlStripper {
  let state: State = "text";
  let stringBytes = 0;
  let leadOffset = 0;
  let plain = Buffer.alloc(0);

  function afterEscape(byte: number): State | undefined {
    if (byte === ESC || (byte >= SPACE && byte < 0x30)) return "escape";
    if (byte === 0x5b) return "csi";
    if (STRING_BEGINNINGS.has(byte)) return "string";
    return byte >= 0x30 && byte < DEL ? "text" : undefined;
  }

  function afterLead(byte: number): State | undefined {
    if (byte === C1_CSI) return "csi";
    if (C1_STRING_BEGINNINGS.has(byte)) return "string";
    return byte >= 0x80 && byte < 0xa0 ? "text" : undefined;
  }

  function inCsi(byte: number): State | undefined {
    if (byte === ESC) return "escape";
    if (byte >= SPACE && byte < 0x40) return "csi";
    return (byte >= 0x40 && byte < DEL) || byte === CAN || byte === SUB ? "text" : undefined;
  }

  function inString(byte: number): State {
    stringBytes += 1;
    if (byte === ESC) return "escape";
    if (byte === C1_LEAD) return "string-lead";
    return byte === BEL || byte === CAN || byte === SUB || stringBytes > LONGEST_STRING_BYTES ? "text" : "string";
  }

  /** The state behind a byte that is no text; undefined when the byte belongs to no control and is to be looked at again as text. */
  function next(byte: number): State | undefined {
    switch (state) {
      case "text":
        return byte === ESC ? "escape" : byte === C1_LEAD ? "lead" : "text";
      case "lead":
        return afterLead(byte);
      case "escape":
        return afterEscape(byte);
      case "csi":
        return inCsi(byte);
      case "string":
        return inString(byte);
      case "string-lead":
        return byte === C1_ST ? "text" : inString(byte);
    }
  }

  return {
    strip(bytes, offset) {
      // One more than came: the first byte of a character may have come with the bytes before.
      if (plain.length <= bytes.length) plain = Buffer.allocUnsafe(bytes.length + 1);
      const places: Place[] = [];
      let length = 0;
      let expected = -1;

      function put(from: number, to: number): void {
        if (offset + from !== expected) places.push({ at: length, offset: offset + from });
        length += bytes.copy(plain, length, from, to);
        expected = offset + to;
      }

      function putByte(byte: number, at: number): void {
        if (at !== expected) places.push({ at: length, offset: at });
        plain[length++] = byte;
        expected = at + 1;
      }

      for (let index = 0; index < bytes.length; ) {
        if (state === "text") {
          const start = index;
          while (index < bytes.length && IS_PLAIN[bytes[index] ?? 0] === 1) index++;
          if (index > start) put(start, index);
          if (index === bytes.length) break;
        }
        const byte = bytes[index] ?? 0;
        const after = next(byte);
        if (after === undefined) {
          if (state === "lead") putByte(C1_LEAD, leadOffset);
          state = "text";
          continue;
        }
        if (state === "text" && byte === CR) putByte(LF, offset + index);
        if (after === "lead") leadOffset = offset + index;
        if (after === "string" && state !== "string" && state !== "string-lead") stringBytes = 0;
        state = after;
        index++;
      }
      return { text: plain.toString("latin1", 0, length), places };
    },
  };
}
