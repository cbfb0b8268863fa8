import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSignalScanner, type OutputSignal } from "../../src/screens/output-signals.ts";

function signalsIn(...pieces: readonly (Uint8Array | string)[]): OutputSignal[] {
  const signals: OutputSignal[] = [];
  const scanner = createSignalScanner((signal) => signals.push(signal));
  for (const piece of pieces) scanner.take(Buffer.from(piece));
  return signals;
}

const bell: OutputSignal = { type: "notification", text: null };
const working = "\x1b]7501;state=working:id=a\x1b\\";

describe("what a program tells its terminal about itself", () => {
  it.each<[string, OutputSignal[]]>([
    [
      "\x1b]133;A\x07$ \x1b]133;B;aid=3\x1b\\ls\r\n\x1b]133;C\x07",
      [{ type: "prompt" }, { type: "prompt" }, { type: "command" }],
    ],
    ["\x1b]133;D;0\x07\x1b]133;Ax\x07", []],
    ["ding\x07", [bell]],
    ["\x1b]0;a title\x07", []],
    ["\x1bP+q544e\x1b\\\x1b[31m\x1bc", [{ type: "reset" }]],
    ["\x1b]9;Turn complete\x07", [{ type: "notification", text: "Turn complete" }]],
    ["\x1b]9;4;1;50\x07\x1b]9;9;C:\\\x07", []],
    ["\x1b]777;notify;Build;it failed\x1b\\", [{ type: "notification", text: "Build: it failed" }]],
    ["\x1b]99;i=1:p=title;Hello\x1b\\\x1b]99;i=1:p=?;\x1b\\", [{ type: "notification", text: "Hello" }]],
    ["\x1b]99;e=1;SGVsbG8=\x07", [{ type: "notification", text: "Hello" }]],
    ["\x1b]9;a\u202e\u001ab\x07", [bell]],
    ["\x1b]7501;?\x07", [{ type: "program", message: { type: "query" } }]],
    [`\x1b]7501;state=idle\x18${working}`, signalsIn(working)],
    [`\x1b]7501;state=idle${working}`, signalsIn(working)],
    [`\x1b]52;c;${"x".repeat(100_000)}\x07${working}`, signalsIn(working)],
  ])("is found: %j", (output, expected) => {
    expect(signalsIn(output)).toEqual(expected);
  });

  it("is taken up to 4,096 bytes", () => {
    const sequence = (bytes: number, terminator: string) => {
      const rest = bytes - "\x1b]7501;state=idle:x=".length - terminator.length;
      return `\x1b]7501;state=idle:x=${"y".repeat(rest)}${terminator}`;
    };
    expect(signalsIn(sequence(4_096, "\x07"))).toHaveLength(1);
    expect(signalsIn(sequence(4_096, "\x1b\\"))).toHaveLength(1);
    expect(signalsIn(sequence(4_097, "\x07"))).toHaveLength(0);
    expect(signalsIn(sequence(4_097, "\x1b\\"))).toHaveLength(0);
  });

  it("is found wherever the output was cut", () => {
    const piece = fc.constantFrom(
      working,
      "\x1b]7501;state=blocked:kind=question:title=SGVsbG8=\x07",
      "\x1b]7501;?\x1b\\",
      "\x1b]133;A\x07",
      "\x1b]133;C\x1b\\",
      "\x1b]9;héllo\x07",
      "\x1bc",
      "\x07",
      "\x1b",
      "\x1b[1;31mtext\x1b[m\r\n",
      "漢字\x9c",
      "\x1b]7501;state=",
      "\x18",
      "\\",
      "]",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat(200), { maxLength: 6 }), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(""));
        const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b);
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        expect(signalsIn(...pieces)).toEqual(signalsIn(bytes));
      }),
    );
  });

  it("is found at every single split", () => {
    const bytes = Buffer.from(`a\x07${working}\x1b]133;A\x07\x1b]9;hé\x1b\\\x1bcend`);
    const whole = signalsIn(bytes);
    expect(whole).toHaveLength(5);
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(signalsIn(bytes.subarray(0, at), bytes.subarray(at))).toEqual(whole);
    }
    expect(signalsIn(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });
});
