import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeContent, parseContent } from "../../src/task-files/content.ts";

const texts = fc.oneof(
  fc.constantFrom(
    "idle",
    "running",
    "",
    "null",
    "true",
    "# no",
    "a: b",
    "- x",
    "it's",
    '"q"',
    "*a",
    "&a",
    "1",
    "{",
    "]",
    ",",
  ),
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
);

/** Lines of a header around its status, as people write them. */
const otherLines = fc.constantFrom(
  "title: Fix it",
  "title: 'it''s \"quoted\"'",
  "labels: [a, 'b', # c\n  d]",
  "# a comment",
  "",
  "x-note: |\n  status: not this one\n  more",
  "note2: >+\n  folded\n",
  "nested:\n  status: nor this",
  "list:\n- status: a\n- b",
  "anchor: &a text",
  "alias: *a",
  "? odd\n: even",
  '"quoted key": 1',
  "ключ: значение 🦄",
  "tab:\tx\t# y",
  "duplicate: 1",
  "duplicate: 2",
  "status : 'second'",
  "{a: b}",
  "...x",
  " ",
);
const values = fc.constantFrom(
  "idle",
  "'idle'",
  '"id\\u006ce"',
  "",
  "~",
  "&x idle",
  "[a, b]",
  "|\n  idle",
  "a\n  b",
  "!!str 1",
);
const trailers = fc.constantFrom("", " # comment", "   ", "\t");

describe("for any file and any value", () => {
  test("every byte around the value of status stays, whatever stands there", async () => {
    let changed = 0;
    const property = fc.asyncProperty(
      fc.record({
        mark: fc.constantFrom("", "\ufeff"),
        eol: fc.constantFrom("\n", "\r\n"),
        before: fc.array(otherLines, { maxLength: 4 }),
        after: fc.array(otherLines, { maxLength: 4 }),
        old: values,
        trailer: trailers,
        body: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes.map((byte) => byte || 32))),
        value: texts,
      }),
      async ({ mark, eol, before, after, old, trailer, body, value }) => {
        const lines = (list: readonly string[]) => list.map((line) => line.replaceAll("\n", eol) + eol).join("");
        const head = Buffer.from(`${mark}---${eol}${lines(before)}`);
        const tail = Buffer.concat([Buffer.from(`${lines(after)}---${eol}${eol}`), body]);
        const original = Buffer.concat([
          head,
          Buffer.from(`status: ${old.replaceAll("\n", eol)}${trailer}${eol}`),
          tail,
        ]);
        const earlier = await parseContent(original);
        const now = await changeContent(original, { status: value });
        if (!Buffer.isBuffer(now)) return;
        changed += 1;
        const isTwice = [...before, ...after].includes("status : 'second'");
        if (!isTwice) {
          expect(now.subarray(0, head.length)).toEqual(head);
          expect(now.subarray(-tail.length)).toEqual(tail);
        }
        const later = await parseContent(now);
        expect(later.body).toBe(earlier.body);
        expect(later.header).toEqual({ ...earlier.header, status: later.header?.status });
        // A reader sees the text, without the space around it; a quoted one is never nothing.
        expect(later.header?.status).toBe(value.trim());
      },
    );
    await fc.assert(property, { numRuns: 600 });
    expect(changed).toBeGreaterThan(100);
  });

  test("no bytes make it fail otherwise than by saying so, or lose the body", async () => {
    const pieces = fc.constantFrom(
      "---",
      "\n",
      "\r\n",
      "\r",
      "status",
      ":",
      " ",
      "\t",
      "#",
      "'",
      '"',
      "[",
      "{",
      "}",
      "&a",
      "*a",
      "|",
      ">",
      "?",
      "!",
      "%",
      "\u2028",
      "é",
      "...",
      "-",
      "title: x\n",
    );
    const files = fc.oneof(
      fc.array(pieces, { maxLength: 30 }).map((parts) => Buffer.from(`---\n${parts.join("")}\n---\nbody`)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(files, texts, async (bytes, status) => {
        const before = await parseContent(bytes);
        const now = await changeContent(bytes, { status });
        if (!Buffer.isBuffer(now)) return;
        const after = await parseContent(now);
        expect(after.header?.status).toBe(status.trim());
        if (before.header === null) {
          const kept = bytes.subarray(startOfText(bytes));
          expect(now.subarray(now.length - kept.length)).toEqual(kept);
        } else {
          expect(after).toMatchObject({ body: before.body, header: { title: before.header.title } });
        }
      }),
      { numRuns: 600 },
    );
  });
});

function startOfText(bytes: Buffer): number {
  return bytes.indexOf(Buffer.from("\ufeff")) === 0 ? 3 : 0;
}
