import type { StoredEvent } from "@orchastration/protocol/contract";
import { expect, test } from "vitest";
import { createFilter, type EventFilter } from "../../src/server/event-filter.ts";

const event = (entity: string, name: string): StoredEvent => ({
  seq: 1,
  id: "e1",
  at: "2026-11-01T09:15:00.000Z",
  actor: { kind: "daemon", name: "orchastration" },
  entity,
  name,
  payload: {},
  hash: "",
});

const events = [
  event("run:a", "run.queued"),
  event("run:a", "run.lost"),
  event("run:b", "run.queued"),
  event("daemon", "daemon.started"),
  event("runner", "runner.x"),
];

function passing(filter: EventFilter): string[] {
  return events.filter(createFilter(filter)).map(({ entity, name }) => `${entity} ${name}`);
}

test("a filter without parts lets everything through, and one with an empty part nothing", () => {
  expect(passing({})).toHaveLength(events.length);
  expect(passing({ names: [] })).toEqual([]);
  expect(passing({ entities: [] })).toEqual([]);
});

test("names are whole names, or prefixes that end in .*", () => {
  expect(passing({ names: ["run.lost", "daemon.started"] })).toEqual(["run:a run.lost", "daemon daemon.started"]);
  expect(passing({ names: ["run.*"] })).toEqual(["run:a run.queued", "run:a run.lost", "run:b run.queued"]);
  expect(passing({ names: ["run"] })).toEqual([]);
});

test("entities and names must both fit", () => {
  expect(passing({ entities: ["run:a", "daemon"], names: ["run.queued"] })).toEqual(["run:a run.queued"]);
});
