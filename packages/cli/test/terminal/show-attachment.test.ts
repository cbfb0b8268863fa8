import { PassThrough, Writable } from "node:stream";
import type { Attachment, AttachmentEvent } from "@orchastration/client";
import { completeLength } from "@orchastration/protocol/stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { showAttachment, sizeOfScreen } from "../../src/terminal/show-attachment.ts";

const NEWS: AttachmentEvent = { kind: "notice", notice: { kind: "news", title: "login is idle", body: "1-login" } };
const TOLD = "\x1b]9;login is idle: 1-login\x1b\\";
const START = "[start]";

const output = (text: string | Uint8Array): AttachmentEvent => ({ kind: "output", bytes: Buffer.from(text) });

/** What a terminal gets while an attachment shows these events, behind its first output. */
async function shown(...events: AttachmentEvent[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  const screen = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk);
      done();
    },
  });
  const attachment = {
    historyEnd: 0,
    offset: 1,
    type() {},
    resize() {},
    detach() {},
    events: (async function* () {
      yield* [output(START), ...events];
    })(),
  } as unknown as Attachment;
  await showAttachment(
    {
      stdin: new PassThrough(),
      env: { TERM: "xterm" },
      suspension: { onWish: () => () => {}, suspend: async () => {} },
    },
    attachment,
    {
      screen,
      chord: [],
      takeChord: [],
      standing: { isReadOnly: false, isController: true, size: { cols: 80, rows: 24 } },
      title: () => "",
      takeControl: async () => {},
      leaving: new Promise(() => {}),
    },
  );
  const all = Buffer.concat(parts);
  return all.subarray(all.indexOf(START) + START.length);
}

/** The program's output as it was written, and where ours stands in it; -1: nowhere. */
function separate(bytes: Buffer, program: Buffer): { readonly at: number; readonly rest: Buffer } {
  const at = bytes.indexOf(TOLD);
  if (at === -1) return { at, rest: bytes.subarray(0, program.length) };
  return {
    at,
    rest: Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + TOLD.length)]).subarray(0, program.length),
  };
}

test("news reach the terminal at once between two sequences, and behind the end of one that is open", async () => {
  expect((await shown(output("a"), NEWS, output("b"))).toString()).toContain(`a${TOLD}b`);
  expect((await shown(output("\x1b[3"), NEWS, output("1mx"))).toString()).toContain(`\x1b[31mx${TOLD}`);
  const wide = Buffer.from("漢");
  expect((await shown(output(wide.subarray(0, 1)), NEWS, output(wide.subarray(1)))).toString()).toContain(`漢${TOLD}`);
});

test("several wait together for the end of an image; of very many the newest are told", async () => {
  const news = (n: number): AttachmentEvent => ({
    kind: "notice",
    notice: { kind: "news", title: `t${n}`, body: "b" },
  });
  const [open, close] = [output("\x1bPq###"), output("\x1b\\")];
  expect((await shown(open, news(1), output("###"), news(2), close)).toString()).toContain(
    "\x1bPq######\x1b\\\x1b]9;t1: b\x1b\\\x1b]9;t2: b\x1b\\",
  );
  const many = (await shown(open, ...Array.from({ length: 100 }, (_, n) => news(n)), close)).toString();
  expect(many.match(/\]9;t\d+/g)).toEqual([92, 93, 94, 95, 96, 97, 98, 99].map((n) => `]9;t${n}`));
});

const PIECES = [
  "a",
  "漢",
  "😀",
  "\x1b[31m",
  "\x1b]0;title\x07",
  "\x1b]8;;u\x1b\\",
  "\x1bPq##\x1b\\",
  "\x1b(0",
  "\x1b7",
];

test("however the program's output is split, not a byte of it changes and nothing of it is torn", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...PIECES), { minLength: 1 }),
      fc.array(fc.nat(6)),
      fc.nat(12),
      async (pieces, cuts, newsAt) => {
        const program = Buffer.from(pieces.join(""));
        const events: AttachmentEvent[] = [];
        let at = 0;
        for (const cut of cuts) {
          events.push(output(program.subarray(at, at + cut)));
          at = Math.min(program.length, at + cut);
        }
        events.push(output(program.subarray(at)));
        events.splice(newsAt, 0, NEWS);
        const found = separate(await shown(...events), program);
        expect(found.rest).toEqual(program);
        expect(found.at).toBeGreaterThanOrEqual(0);
        expect(completeLength(program.subarray(0, found.at))).toBe(Math.min(found.at, program.length));
      },
    ),
  );
});

test.each([
  [{}, { cols: 80, rows: 24 }],
  [
    { columns: 0, rows: 0 },
    { cols: 80, rows: 24 },
  ],
  [
    { columns: 100, rows: 30 },
    { cols: 100, rows: 30 },
  ],
])("the size of a terminal that says %j", (said, size) => {
  expect(sizeOfScreen(Object.assign(new PassThrough(), { isTTY: true, ...said }))).toEqual(size);
});
