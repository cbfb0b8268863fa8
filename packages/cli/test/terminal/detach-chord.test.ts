import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Chord, createChordFilter, parseChord } from "../../src/terminal/detach-chord.ts";

function chordOf(text: string): Chord {
  const chord = parseChord(text);
  if (chord === undefined) throw new Error(`${text} is no chord`);
  return chord;
}

/** What passes when the bytes come in these pieces, with all that was held at the end. */
function feed(chord: Chord, pieces: readonly Uint8Array[]) {
  const filter = createChordFilter(chord);
  const passed: Uint8Array[] = [];
  for (const piece of pieces) {
    const result = filter.push(piece);
    passed.push(result.passed.slice());
    if (result.isComplete) return { passed: Buffer.concat(passed).toString("latin1"), isComplete: true };
  }
  return { passed: Buffer.concat([...passed, filter.flush()]).toString("latin1"), isComplete: false };
}

function split(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const cuts = fc.array(fc.nat(), { maxLength: 12 });

/** Every way in which a terminal may report Ctrl and this letter. */
function ctrl(letter: string): readonly string[] {
  const code = letter.charCodeAt(0);
  return [
    String.fromCharCode(code & 0x1f),
    `\u001b[${code};5u`,
    `\u001b[27;5;${code}~`,
    `\u001b[${code};5:1u`,
    `\u001b[${code};69u`,
    `\u001b[${code};133u`,
    `\u001b[1081::${code};5u`,
  ];
}

/** Keys, mouse, paste and the like that are no part of a chord of Ctrl-P and Ctrl-Q, and pieces of what is. */
const innocent = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\u001b",
        "\u001b[",
        "\u001b[113",
        "\u001b[113;5",
        "\u001b[A",
        "\u001b[113;6u",
        "\u001b[27;6;113~",
      ),
      fc.constantFrom(
        "\u001b[113;5:3u",
        "\u001b[<0;12;13M",
        "\u001b[200~",
        "q",
        "p",
        "é",
        "\u001b[113u",
        "\u001b[13;5q",
      ),
      fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 5 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(""))
  .filter((text) => ![...ctrl("q"), ...ctrl("p")].some((form) => text.includes(form)));

describe.each(["ctrl-q", "ctrl-p,ctrl-q"])("the chord %s", (text) => {
  const chord = chordOf(text);
  const chordBytes = fc
    .tuple(...text.split(",").map((name) => fc.constantFrom(...ctrl(name.at(-1) ?? ""))))
    .map((keys) => keys.join(""));

  test("is found in every form, however its bytes are split, and nothing before it is lost", () => {
    fc.assert(
      fc.property(innocent, chordBytes, innocent, cuts, (before, typed, after, cuts) => {
        // An Esc or an unfinished report right before it would make one of both.
        fc.pre(!/\u001b(\[[0-9;]*)?$/.test(before));
        expect(feed(chord, split(latin1(before + typed + after), cuts))).toEqual({ passed: before, isComplete: true });
      }),
    );
  });

  test("is not seen in anything else, and no byte of that is lost", () => {
    fc.assert(
      fc.property(innocent, cuts, (typed, cuts) => {
        expect(feed(chord, split(latin1(typed), cuts))).toEqual({ passed: typed, isComplete: false });
      }),
    );
  });
});

test("a chord is split in every single place and found", () => {
  for (const form of ctrl("q")) {
    for (let cut = 0; cut <= form.length; cut++) {
      const pieces = [latin1(form.slice(0, cut)), latin1(form.slice(cut))];
      expect(feed(chordOf("ctrl-q"), pieces)).toEqual({ passed: "", isComplete: true });
    }
  }
});

test("any bytes at all pass through when they hold no chord", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), cuts, (bytes, cuts) => {
      const typed = Buffer.from(bytes.filter((byte) => byte !== 0x11 && byte !== 0x75 && byte !== 0x7e));
      expect(feed(chordOf("ctrl-q"), split(typed, cuts)).passed).toBe(typed.toString("latin1"));
    }),
  );
});

test("the first key of a chord alone is held, and given back", () => {
  const filter = createChordFilter(chordOf("ctrl-p,ctrl-q"));
  expect(filter.push(latin1("a\u0010"))).toEqual({ passed: latin1("a"), isComplete: false });
  expect(filter.held).toBe("keys");
  expect(Buffer.from(filter.flush()).toString("latin1")).toBe("\u0010");
  expect(filter.held).toBe("nothing");
});

test("a lone Esc is held as the beginning of a key, and given back", () => {
  const filter = createChordFilter(chordOf("ctrl-q"));
  expect(filter.push(latin1("\u001b")).passed).toHaveLength(0);
  expect(filter.held).toBe("bytes");
  expect(Buffer.from(filter.flush()).toString("latin1")).toBe("\u001b");
});

test("the release of the first key does not break the chord", () => {
  const typed = "\u001b[112;5u\u001b[112;5:3u\u001b[113;5u";
  expect(feed(chordOf("ctrl-p,ctrl-q"), [latin1(typed)])).toEqual({ passed: "", isComplete: true });
});

test.each(["ctrl-^", "ctrl-]", "ctrl-\\", "x", ",", "ctrl-a,d", ",,x"])("%s is a chord", (text) => {
  const plain = (parseChord(text) ?? []).map(({ byte }) => String.fromCharCode(byte)).join("");
  expect(feed(chordOf(text), [latin1(`a${plain}`)])).toEqual({ passed: "a", isComplete: true });
});

test.each(["", "ctrl-", "ctrl-Q", "ctrl q", "alt-q", "ctrl-q,", "é"])("%j is no chord", (text) => {
  expect(parseChord(text)).toBeUndefined();
});
