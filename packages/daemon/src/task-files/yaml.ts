import type { ParsedNode } from "yaml";

export type HeaderValue =
  | { readonly kind: "text"; readonly text: string; readonly isQuoted: boolean }
  | { readonly kind: "list"; readonly items: readonly HeaderValue[] }
  /** A table, an alias, a list in a list: nothing that we read. Kept, and never expanded. */
  | { readonly kind: "other" };

/** One `key: value` of a header. Offsets are in UTF-16 code units of the header's text. */
export interface HeaderEntry {
  /** null: the key is no text. */
  readonly key: string | null;
  readonly offset: number;
  readonly keyEnd: number;
  readonly value: HeaderValue;
  /** Where the value stands, without its anchor, tag and comment; null where not even a colon does. */
  readonly range: readonly [start: number, end: number] | null;
  readonly quoting: "single" | "double" | "none";
}

export type ParsedYaml =
  | {
      readonly kind: "parsed";
      readonly entries: readonly HeaderEntry[];
      /** Offset of the first entry, its question mark included. */
      readonly start: number;
      /** Offset of the closing brace, when the header is written as `{...}`. */
      readonly closingBrace: number | null;
    }
  | { readonly kind: "broken"; readonly faults: readonly { readonly message: string; readonly offset: number }[] };

/** The only file that knows the YAML library, which is read (17 ms) when the first header is. */
export async function parseYaml(text: string): Promise<ParsedYaml> {
  const { isMap, isScalar, isSeq, parseDocument } = await import("yaml");

  const toValue = (node: ParsedNode | null | undefined, depth = 0): HeaderValue => {
    if (node === null || node === undefined) return { kind: "text", text: "", isQuoted: false };
    if (isScalar(node))
      return { kind: "text", text: String(node.value), isQuoted: node.type?.startsWith("QUOTE") === true };
    if (isSeq(node) && depth === 0) return { kind: "list", items: node.items.map((item) => toValue(item, 1)) };
    return { kind: "other" };
  };

  try {
    // Every scalar is text, whatever it looks like. Keys are compared by whoever reads: the library's own check is quadratic.
    const document = parseDocument(text, { schema: "failsafe", prettyErrors: false, uniqueKeys: false });
    if (document.errors.length > 0) {
      return { kind: "broken", faults: document.errors.map(({ message, pos }) => ({ message, offset: pos[0] })) };
    }
    const { contents } = document;
    if (contents === null || (isScalar(contents) && contents.value === ""))
      return { kind: "parsed", entries: [], start: 0, closingBrace: null };
    if (!isMap(contents))
      return { kind: "broken", faults: [{ message: "expected lines such as `title: Fix the login`", offset: 0 }] };
    const entries = contents.items.map(({ key, value }): HeaderEntry => {
      const quoting = isScalar(value) ? quotings.get(value.type ?? "") : undefined;
      return {
        key: isScalar(key) ? String(key.value) : null,
        offset: key.range[0],
        keyEnd: key.range[1],
        value: toValue(value),
        range: value === null ? null : [value.range[0], value.range[1]],
        quoting: quoting ?? "none",
      };
    });
    const closingBrace = contents.flow === true ? contents.range[1] - 1 : null;
    return { kind: "parsed", entries, start: contents.range[0], closingBrace };
  } catch (error) {
    // The library descends by recursion: too many brackets end in a RangeError.
    return {
      kind: "broken",
      faults: [{ message: error instanceof RangeError ? "too deeply nested" : String(error), offset: 0 }],
    };
  }
}

const quotings = new Map<string, HeaderEntry["quoting"]>([
  ["QUOTE_SINGLE", "single"],
  ["QUOTE_DOUBLE", "double"],
]);
