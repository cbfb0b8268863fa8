import { nearest } from "@orchastration/protocol";
import type { Mistake } from "./problem.ts";
import { type HeaderKey, headerKeys, isHeaderKey, type TaskHeader } from "./task-header.ts";
import { type HeaderEntry, type HeaderValue, parseYaml } from "./yaml.ts";

export interface ParsedHeader {
  /** null: the header cannot be understood at all. */
  readonly header: TaskHeader | null;
  readonly mistakes: readonly Mistake[];
}

/** @param firstLine of the header within its file, from 1 */
export async function parseHeader(text: string, firstLine: number): Promise<ParsedHeader> {
  const lineAt = (offset: number) => firstLine + (text.slice(0, offset).match(/\n/g)?.length ?? 0);
  const parsed = await parseYaml(text);
  if (parsed.kind === "broken") {
    const mistakes = parsed.faults.map(
      ({ message, offset }): Mistake => ({
        kind: "syntax",
        message: `no valid YAML: ${message}`,
        line: lineAt(offset),
      }),
    );
    return { header: null, mistakes };
  }
  const reader = createReader(parsed.entries, lineAt);
  const header: TaskHeader = {
    title: reader.text("title"),
    base_branch: reader.text("base_branch"),
    status: reader.text("status"),
    labels: reader.list("labels"),
    created_at: reader.text("created_at"),
    agent: reader.text("agent"),
    session_id: reader.text("session_id"),
  };
  const mistakes = [...reader.mistakes, ...checkKeys(parsed.entries, lineAt), ...checkValues(header, firstLine)];
  return { header, mistakes: mistakes.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
}

function createReader(entries: readonly HeaderEntry[], lineAt: (offset: number) => number) {
  const mistakes: Mistake[] = [];
  // Of a key that stands twice the last one counts, as for most readers of YAML.
  const find = (key: HeaderKey) => entries.findLast((entry) => entry.key === key);
  const refuse = (key: HeaderKey, entry: HeaderEntry, expected: string) => {
    mistakes.push({ kind: "wrong-type", message: "of the wrong type", key, line: lineAt(entry.offset), expected });
  };
  return {
    mistakes,
    text(key: HeaderKey): string | null {
      const entry = find(key);
      if (entry === undefined) return null;
      const value = asText(entry.value);
      if (value === undefined) refuse(key, entry, "one text");
      return value ?? null;
    },
    list(key: HeaderKey): string[] {
      const entry = find(key);
      if (entry === undefined) return [];
      const items = entry.value.kind === "list" ? entry.value.items : [entry.value];
      const texts = items.map(asText);
      if (texts.includes(undefined)) refuse(key, entry, "a list of texts, such as [ui, urgent]");
      return texts.filter((text) => typeof text === "string");
    },
  };
}

/** undefined: no text; null: nothing. */
function asText(value: HeaderValue): string | null | undefined {
  if (value.kind !== "text") return undefined;
  const text = value.text.trim();
  return !value.isQuoted && /^(|~|null)$/i.test(text) ? null : text;
}

function checkKeys(entries: readonly HeaderEntry[], lineAt: (offset: number) => number): Mistake[] {
  const seen = new Set<string>();
  return entries.flatMap(({ key, offset }): Mistake[] => {
    if (key === null) return [];
    const line = lineAt(offset);
    if (seen.has(key))
      return [{ kind: "duplicate-key", message: "stands twice, the last one counts", key, line, severity: "warning" }];
    seen.add(key);
    if (isHeaderKey(key)) return [];
    // Keys of others are welcome; one that looks like ours, where ours is absent, is probably a slip.
    const absent = headerKeys.filter((known) => entries.every((entry) => entry.key !== known));
    const [suggestion] = nearest(key, absent, 1);
    if (suggestion === undefined) return [];
    return [{ kind: "misspelt-key", message: "unknown key", key, line, suggestion, severity: "warning" }];
  });
}

function checkValues(header: TaskHeader, firstLine: number): Mistake[] {
  const mistakes: Mistake[] = [];
  if (header.title === null || header.title === "") {
    mistakes.push({
      kind: "missing-key",
      message: "missing",
      key: "title",
      line: firstLine,
      expected: "a title",
      severity: "warning",
    });
  }
  if (header.created_at !== null && Number.isNaN(Date.parse(header.created_at))) {
    const expected = "a time such as 2026-01-31T12:00:00Z";
    mistakes.push({
      kind: "wrong-type",
      message: "no time",
      key: "created_at",
      line: firstLine,
      expected,
      severity: "warning",
    });
  }
  return mistakes;
}
