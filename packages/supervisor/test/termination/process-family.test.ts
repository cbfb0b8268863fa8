import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createProcessFamily, type ProcessRow } from "../../src/termination/process-family.ts";
import type { TreeRoot } from "../../src/termination/tree.ts";

const LEADER = { pid: 100, startTime: "50", bootId: "b" };
const ROOT = { session: "s", leader: LEADER };
const OWN_PID = 90;

function selectMembers(rows: readonly ProcessRow[], root: TreeRoot, ownPid: number): readonly ProcessRow[] {
  return createProcessFamily(rows, ownPid).membersOf(root);
}

function row(pid: number, parentPid: number, changes: Partial<ProcessRow> = {}): ProcessRow {
  return {
    pid,
    parentPid,
    groupId: pid,
    sessionId: pid,
    startTime: String(pid),
    startOrder: pid,
    isStopped: false,
    marker: null,
    hasRole: false,
    ...changes,
  };
}

const init = row(1, 0);
const supervisor = row(OWN_PID, 1, { hasRole: true });
const leader = row(100, OWN_PID, { startTime: "50", startOrder: 100 });

function pids(rows: readonly ProcessRow[], root = ROOT): readonly number[] {
  return selectMembers([init, supervisor, ...rows], root, OWN_PID)
    .map(({ pid }) => pid)
    .sort((a, b) => a - b);
}

describe("a session's tree", () => {
  test("is its leader and all descendants, however deep", () => {
    expect(pids([leader, row(101, 100), row(102, 101), row(103, 1)])).toEqual([100, 101, 102]);
  });

  test("is complete when nobody kept the parents: by session, by group, by marker", () => {
    const orphans = [row(101, 1, { sessionId: 100 }), row(102, 1, { groupId: 100 }), row(103, 1, { marker: "s" })];
    expect(pids([leader, ...orphans])).toEqual([100, 101, 102, 103]);
    expect(pids(orphans)).toEqual([101, 102, 103]);
  });

  test("has the descendants of every one of them", () => {
    expect(pids([row(103, 1, { marker: "s" }), row(104, 103), row(105, 104)])).toEqual([103, 104, 105]);
  });

  test("is found by the marker alone when nobody recorded its leader", () => {
    const rows = [row(101, 1, { marker: "s" }), row(102, 101), row(103, 1, { sessionId: 100 })];
    expect(selectMembers(rows, { session: "s", leader: null }, OWN_PID).map(({ pid }) => pid)).toEqual([101, 102]);
  });
});

describe("never part of a tree are", () => {
  test("init and the supervisor, whatever marks they carry", () => {
    const marked = { marker: "s", sessionId: 100, groupId: 100 };
    expect(selectMembers([row(1, 0, marked), row(OWN_PID, 1, marked)], ROOT, OWN_PID)).toEqual([]);
  });

  test("a daemon started inside the session, and what descends from it", () => {
    const daemon = row(101, 100, { hasRole: true, marker: "s", sessionId: 100 });
    const grandchild = row(103, 102, { sessionId: 100 });
    expect(pids([leader, daemon, row(102, 101), grandchild])).toEqual([100]);
  });

  test("but what descends from such a daemon and carries the marker is", () => {
    const daemon = row(101, 100, { hasRole: true });
    expect(pids([leader, daemon, row(102, 101, { marker: "s" }), row(103, 102)])).toEqual([100, 102, 103]);
  });

  test("a stranger that got the leader's pid, and its group", () => {
    const stranger = row(100, 1, { startTime: "70", startOrder: 170 });
    expect(pids([stranger, row(101, 100, { startOrder: 171 }), row(102, 1, { groupId: 100 })])).toEqual([]);
  });

  test("the children of a parent whose pid a member got later", () => {
    expect(pids([leader, row(101, 100, { startOrder: 500 }), row(50, 101)])).toEqual([100, 101]);
  });
});

test("any table at all is read to its end, and yields no protected process and nobody twice", () => {
  const anyRow = fc.record({
    pid: fc.integer({ min: 1, max: 30 }),
    parentPid: fc.integer({ min: 0, max: 30 }),
    groupId: fc.integer({ min: 0, max: 30 }),
    sessionId: fc.integer({ min: 0, max: 30 }),
    startTime: fc.integer({ min: 0, max: 3 }).map(String),
    startOrder: fc.integer({ min: 0, max: 3 }),
    isStopped: fc.boolean(),
    marker: fc.constantFrom("s", "another", null),
    hasRole: fc.boolean(),
  });
  const tables = fc.uniqueArray(anyRow, { selector: ({ pid }) => pid, maxLength: 30 });
  fc.assert(
    fc.property(tables, (rows) => {
      const members = selectMembers(rows, { session: "s", leader: { ...LEADER, pid: 5, startTime: "1" } }, 7);
      expect(new Set(members.map(({ pid }) => pid)).size).toBe(members.length);
      expect(members.some(({ pid, hasRole }) => pid === 1 || pid === 7 || hasRole)).toBe(false);
      for (const marked of rows.filter((r) => r.marker === "s" && !r.hasRole && r.pid !== 1 && r.pid !== 7)) {
        expect(members).toContain(marked);
      }
    }),
  );
});
