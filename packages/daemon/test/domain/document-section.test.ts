import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findSection, toBytes, withSection } from "../../src/domain/document-section.ts";

const CONTENT = "# Title\n\ntext\n";
const begin = "<!-- orchastration:begin t -->";
const end = "<!-- orchastration:end t -->";

/** Bytes of any document that has no section of `t`. */
const foreign = fc
  .array(fc.constantFrom("line", "# Käse", "```", "<!-- orchastration:begin other -->", "\u0000", "", "\r", " x "))
  .chain((lines) => fc.constantFrom("\n", "\r\n").map((eol) => toBytes(lines.join(eol))));

describe("a section of a document", () => {
  test("is written once, and writing it again changes nothing, whatever the document", () => {
    fc.assert(
      fc.property(foreign, (document) => {
        const once = withSection(document, "t", CONTENT);
        expect(withSection(once, "t", CONTENT)).toBe(once);
        expect(once.startsWith(document)).toBe(true);
        expect(findSection(once, "t")).toMatchObject({ state: "present", content: CONTENT });
      }),
    );
  });

  test("is replaced without a byte around it being touched", () => {
    fc.assert(
      fc.property(foreign, foreign, fc.constantFrom("\n", "\r\n"), (before, after, eol) => {
        const old = [begin, "old", end].join(eol);
        const lead = before === "" || before.endsWith("\n") ? before : before + eol;
        const rest = after === "" ? "" : eol + after;
        const replaced = withSection(lead + old + rest, "t", CONTENT);
        const written = `${begin}\n${CONTENT}${end}`.replaceAll("\n", eol);
        expect(replaced).toBe(lead + written + rest);
      }),
    );
  });

  test("takes over the ends of line of a document that has others", () => {
    expect(withSection("a\r\nb", "t", CONTENT)).toBe(`a\r\nb\r\n\r\n${begin}\r\n# Title\r\n\r\ntext\r\n${end}\r\n`);
  });

  test("stands beside those of other tasks, also of names that begin alike", () => {
    const both = withSection(withSection("", "t", CONTENT), "t 2", "two\n");
    expect(findSection(both, "t")).toMatchObject({ content: CONTENT });
    expect(findSection(both, "t 2")).toMatchObject({ content: "two\n" });
  });

  test("may speak of its own marks", () => {
    const content = `${String.raw`text \<\!-- orchastration:end t --\>`}\n`;
    expect(findSection(withSection("", "t", content), "t")).toMatchObject({ state: "present", content });
  });

  test("is found behind a byte order mark", () => {
    const document = withSection("\u00ef\u00bb\u00bf", "t", CONTENT);
    expect(document.startsWith("\u00ef\u00bb\u00bf<!--")).toBe(true);
    expect(findSection(document, "t")).toMatchObject({ state: "present" });
  });

  test.each([
    ["without its end", `${begin}\nx\n`, 1],
    ["without its beginning", `x\n${end}\n`, 2],
    ["that begins twice", `${begin}\n${begin}\n${end}\n`, 2],
    ["that ends twice", `${begin}\n${end}\n${end}\n`, 3],
    ["that ends before it begins", `${end}\n${begin}\n`, 1],
    ["with a marker that was cut", `<!-- orchastration:begin t\nx\n${end}\n`, 1],
  ])("%s is damaged, and nothing is written", (_, document, line) => {
    expect(findSection(document, "t")).toMatchObject({ state: "damaged", line });
    expect(() => withSection(document, "t", CONTENT)).toThrow(RangeError);
  });
});
