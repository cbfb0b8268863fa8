import { newId } from "@orchastration/protocol";
import type { StoredEvent } from "@orchastration/protocol/contract";
import { expect, test } from "vitest";
import { parseEvent } from "../../src/registry/parse-event.ts";
import { ADA, AT } from "./sample-runs.ts";

const run = newId();
const stored: StoredEvent = {
  seq: 7,
  id: newId(),
  at: AT,
  actor: ADA,
  entity: `run:${run}`,
  name: "run.prepared",
  payload: { run },
  hash: "0".repeat(64),
};

test("an event of the wanted kind is answered with what it carries", () => {
  expect(parseEvent("run", stored)).toEqual({ name: "run.prepared", payload: { run } });
});

test("an event of another kind, or of a name that is not known here, is none", () => {
  expect(parseEvent("task", stored)).toBeUndefined();
  expect(parseEvent("run", { ...stored, name: "run.renamed" })).toBeUndefined();
});

test("an event that carries something else is refused by its seq", () => {
  expect(() => parseEvent("run", { ...stored, payload: { run: 7 } })).toThrow(
    /^event 7 \(run\.prepared\) does not carry/,
  );
});
