/** One key of a chord: a character, pressed with Ctrl or alone. */
interface Key {
  /** The byte a terminal sends for it by default. */
  readonly byte: number;
  /** Its code point in the extended keyboard protocols: of the unmodified key. */
  readonly code: number;
  readonly isCtrl: boolean;
}

/** Keys that leave the terminal when pressed one after the other. */
export type Chord = readonly Key[];

/** What waits for its rest: bytes of a key that is not complete, or keys of a chord that is not. */
export type Held = "nothing" | "bytes" | "keys";

export interface ChordFilter {
  /** Takes bytes as they were read, however split. Answers those that are not part of the chord, and whether it was completed. */
  push(bytes: Uint8Array): { readonly passed: Uint8Array; readonly isComplete: boolean };
  readonly held: Held;
  /** No more came in time: answers what was held. */
  flush(): Uint8Array;
}

/** How the configuration writes a chord: keys with commas between them. */
const CHORD = /^(?:ctrl-[a-z@[\]\\^_]|[\x21-\x7e])(?:,(?:ctrl-[a-z@[\]\\^_]|[\x21-\x7e]))*$/;

const ESCAPE = 0x1b;
const LEFT_BRACKET = 0x5b;
const NOTHING = new Uint8Array(0);

/** No key's report is longer; what goes on is none. */
const LONGEST_REPORT_BYTES = 48;

/** Bits of a modifier field, which counts from one. Caps and Num Lock are no part of a key. */
const SHIFT = 1;
const CTRL = 4;
const LOCKS = 64 | 128;
const RELEASED = 3;

/** Undefined when the text names no chord. */
export function parseChord(text: string): Chord | undefined {
  if (!CHORD.test(text)) return undefined;
  // A comma is a key too.
  const names = text.match(/ctrl-.|[\x21-\x7e](?=,|$)/g) ?? [];
  return names.map((name) => {
    const code = (name.at(-1) ?? "").charCodeAt(0);
    const isCtrl = name.length > 1;
    return { code, isCtrl, byte: isCtrl ? code & 0x1f : code };
  });
}

/**
 * Finds a chord among typed bytes: as plain bytes, and in the reports of the kitty protocol (CSI u) and of modifyOtherKeys. What could be its
 * beginning is held back until more comes or `flush` is called; nothing else is, and nothing is lost.
 */
export function createChordFilter(chord: Chord): ChordFilter {
  let pending: Uint8Array = NOTHING;
  let held: Held = "nothing";

  return {
    push(bytes) {
      const typed = pending.length === 0 ? bytes : concatenate(pending, bytes);
      pending = NOTHING;
      held = "nothing";
      for (let at = 0; at < typed.length; at++) {
        const match = matchChord(chord, typed, at);
        if (match === "no") continue;
        if (match === "yes") return { passed: typed.subarray(0, at), isComplete: true };
        pending = typed.slice(at);
        held = match;
        return { passed: typed.subarray(0, at), isComplete: false };
      }
      return { passed: typed, isComplete: false };
    },
    get held() {
      return held;
    },
    flush() {
      const bytes = pending;
      pending = NOTHING;
      held = "nothing";
      return bytes;
    },
  };
}

/** `bytes`, `keys`: the chord as far as the bytes go. */
function matchChord(chord: Chord, typed: Uint8Array, start: number): "yes" | "no" | Exclude<Held, "nothing"> {
  let at = start;
  for (let index = 0; index < chord.length; ) {
    if (at === typed.length) return "keys";
    const press = readPress(typed, at);
    if (press === "unfinished") return "bytes";
    const key = chord[index];
    if (press.kind === "released" && index > 0) {
      // The release of the key before is reported too, where that was asked for.
      at = press.end;
    } else if (key !== undefined && isPressOf(key, press)) {
      at = press.end;
      index++;
    } else {
      return "no";
    }
  }
  return "yes";
}

type Press =
  | { readonly kind: "byte"; readonly byte: number; readonly end: number }
  | { readonly kind: "report"; readonly codes: readonly number[]; readonly modifiers: number; readonly end: number }
  | { readonly kind: "released"; readonly end: number };

function isPressOf(key: Key, press: Press): boolean {
  if (press.kind === "released") return false;
  if (press.kind === "byte") return press.byte === key.byte;
  const isLetter = key.code >= 0x61 && key.code <= 0x7a;
  // Symbols may need Shift on some keyboards; letters with it are other keys.
  const modifiers = isLetter ? press.modifiers : press.modifiers & ~SHIFT;
  return press.codes.includes(key.code) && modifiers === (key.isCtrl ? CTRL : 0);
}

/** The key at `start`: a byte, or the report `CSI code:shifted:base ; modifiers:event ; text u` or `CSI 27 ; modifiers ; code ~`. */
function readPress(typed: Uint8Array, start: number): Press | "unfinished" {
  const byte = typed[start] ?? 0;
  const asByte: Press = { kind: "byte", byte, end: start + 1 };
  if (byte !== ESCAPE) return asByte;
  if (start + 1 === typed.length) return "unfinished";
  if (typed[start + 1] !== LEFT_BRACKET) return asByte;
  let end = start + 2;
  while (isParameter(typed[end])) end++;
  if (end - start > LONGEST_REPORT_BYTES) return asByte;
  if (end === typed.length) return "unfinished";
  const fields = String.fromCharCode(...typed.subarray(start + 2, end)).split(";");
  return readReport(fields, String.fromCharCode(typed[end] ?? 0), end + 1) ?? asByte;
}

function readReport(fields: readonly string[], final: string, end: number): Press | undefined {
  const [first = "", second = "1", third = ""] = fields;
  const [modifier = 1, event = 1] = second.split(":").map(Number);
  const modifiers = (modifier - 1) & ~LOCKS;
  if (final === "~" && first === "27" && /^\d+$/.test(third)) {
    return { kind: "report", codes: [Number(third)], modifiers, end };
  }
  if (final !== "u" || !/^\d+(?::\d*)*$/.test(first)) return undefined;
  if (event === RELEASED) return { kind: "released", end };
  const codes = first.split(":").flatMap((code) => (code === "" ? [] : Number(code)));
  return { kind: "report", codes, modifiers, end };
}

function isParameter(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x3f;
}

function concatenate(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}
