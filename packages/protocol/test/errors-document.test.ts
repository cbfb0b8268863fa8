import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERRORS } from "../src/errors.ts";

test("docs/errors.md lists every error of the catalogue, and no other, with its code and exit code", () => {
  const text = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| \[`(\w+)`\]\(#\w+\) \| (-?\d+) \| (\d+) \|/gm)];
  const listed = Object.fromEntries(rows.map(([, kind, code, exitCode]) => [kind, [Number(code), Number(exitCode)]]));
  const expected = Object.fromEntries(
    Object.entries(ERRORS).map(([kind, { code, exitCode }]) => [kind, [code, exitCode]]),
  );
  expect(listed).toEqual(expected);
  expect([...text.matchAll(/^## (\w+)$/gm)].map(([, kind]) => kind)).toEqual(Object.keys(ERRORS));
});

test("no two errors have the same code, and ours begin at 1000", () => {
  const codes = Object.values(ERRORS).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code < -32000 || code >= 1000).toBe(true);
});
