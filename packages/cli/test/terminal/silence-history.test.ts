import fc from "fast-check";
import { expect, test } from "vitest";
import { silenceHistory } from "../../src/terminal/silence-history.ts";

const QUERIES = [
  "\x1b[c",
  "\x1b[>c",
  "\x1b[6n",
  "\x1b[?2004$p",
  "\x1b[>0q",
  "\x1b[?u",
  "\x1b[18t",
  "\x1b]11;?\x07",
  "\x1b]7501;?\x1b\\",
  "\x1b]4;1;?\x1b\\",
  "\x1bP+q544e\x1b\\",
];
const OTHERS = [
  "a",
  "漢",
  "\r\n",
  "\x1b[31m",
  "\x1b[2 q",
  "\x1b[>4;1m",
  "\x1b[u",
  "\x1b[22;0t",
  "\x1b]0;what?\x07",
  "\x1b[>1u",
];

test("history makes a terminal answer nothing, however split, and nothing else of it is missing", () => {
  const piece = fc.oneof(fc.constantFrom(...QUERIES), fc.constantFrom(...OTHERS));
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(9)), (pieces, cuts) => {
      const history = Buffer.from(pieces.join(""));
      const live = Buffer.from("\x1b[6nlive");
      const all = Buffer.concat([history, live]);
      const silence = silenceHistory(history.length);
      const shown: Uint8Array[] = [];
      let at = 0;
      for (const cut of [...cuts, all.length]) {
        const end = Math.min(all.length, at + cut);
        if (end > at) shown.push(silence(all.subarray(at, end), end));
        at = end;
      }
      const kept = pieces.filter((text) => !QUERIES.includes(text)).join("");
      expect(Buffer.concat(shown).toString()).toBe(`${kept}\x1b[6nlive`);
    }),
  );
});
