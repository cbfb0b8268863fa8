import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markdownCode, markdownParagraph, markdownTarget, markdownText } from "../../src/domain/markdown.ts";

describe("text of somebody else stays data in Markdown", () => {
  test.each([
    ["**bold** _it_", String.raw`\*\*bold\*\* \_it\_`],
    ["<script>&amp;", String.raw`\<script\>\&amp;`],
    ["[a](javascript:x)", String.raw`\[a\](javascript:x)`],
    ["a\n# b\r\n\u001b[31m", String.raw`a␤\# b␤\[31m`],
    ["a | b ~~c~~ $x$", String.raw`a \| b \~\~c\~\~ \$x\$`],
  ])("%j", (text, expected) => {
    expect(markdownText(text)).toBe(expected);
  });

  test.each([
    ["- item", String.raw`\- item`],
    ["  1. first", String.raw`1\. first`],
    ["=====", String.raw`\=====`],
  ])("%j at the beginning of a line", (text, expected) => {
    expect(markdownParagraph(text)).toBe(expected);
  });

  test("it never has a second line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const shown of [markdownText(text), markdownCode(text), markdownParagraph(text)]) {
          expect(shown).not.toMatch(/[\n\r\u2028\u2029]/);
        }
      }),
    );
  });

  test("code ends where its text ends, however many backticks are in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("`", "a", " ") }), (text) => {
        const code = markdownCode(text);
        const fence = /^`+/.exec(code)?.[0] ?? "";
        const inner = code.slice(fence.length, -fence.length);
        expect(code.endsWith(fence)).toBe(true);
        expect((inner.match(/`+/g) ?? []).map((run) => run.length)).not.toContain(fence.length);
      }),
    );
  });

  test("the target of a link is one", () => {
    expect(markdownTarget("docs/tasks/a (b) é.md")).toBe("docs/tasks/a%20%28b%29%20%C3%A9.md");
  });
});
