import type { TreeRoot } from "./tree.ts";

/** A living process, as far as it matters to whom it belongs. Zombies are left out: they have no children and need no signal. */
export interface ProcessRow {
  readonly pid: number;
  readonly parentPid: number;
  /** Of its process group and session; 0 where the system has none. */
  readonly groupId: number;
  readonly sessionId: number;
  readonly startTime: string;
  /** Orders starts on one machine: a child's is never below its parent's. */
  readonly startOrder: number;
  readonly isStopped: boolean;
  /** Value of the session marker in its environment: the id of a session; null without one. */
  readonly marker: string | null;
  /** Carries the marker of our own long-lived processes. */
  readonly hasRole: boolean;
}

export interface ProcessFamily {
  /**
   * The processes of a session: those with its marker, those in the group or session its leader founded, and all descendants of these. Our own
   * long-lived processes are never among them, nor what descends from one without the marker: a daemon started inside a session outlives it.
   */
  membersOf(root: TreeRoot): readonly ProcessRow[];
}

export function createProcessFamily(rows: readonly ProcessRow[], ownPid: number): ProcessFamily {
  const relations = relate(rows);
  const isProtected = (row: ProcessRow): boolean => row.pid === 1 || row.pid === ownPid || row.hasRole;

  return {
    membersOf(root) {
      const isOfLeader = leadership(root.leader, relations, isProtected);
      const pending = rows.filter((row) => !isProtected(row) && (row.marker === root.session || isOfLeader(row)));
      const members = new Set<ProcessRow>();
      for (let row = pending.pop(); row !== undefined; row = pending.pop()) {
        if (members.has(row)) continue;
        members.add(row);
        pending.push(...relations.childrenOf(row).filter((child) => !isProtected(child)));
      }
      return [...members];
    },
  };
}

interface Relations {
  find(pid: number): ProcessRow | undefined;
  parentOf(row: ProcessRow): ProcessRow | undefined;
  childrenOf(row: ProcessRow): readonly ProcessRow[];
}

function relate(rows: readonly ProcessRow[]): Relations {
  const byPid = new Map(rows.map((row) => [row.pid, row]));
  // Windows keeps the pid of a parent that has ended and gives it to a stranger, but a parent is never younger than its child.
  const parentOf = (row: ProcessRow): ProcessRow | undefined => {
    const parent = byPid.get(row.parentPid);
    return parent !== undefined && parent !== row && parent.startOrder <= row.startOrder ? parent : undefined;
  };
  const children = Map.groupBy(rows, (row) => parentOf(row)?.pid);
  return { find: (pid) => byPid.get(pid), parentOf, childrenOf: (row) => children.get(row.pid) ?? [] };
}

/** Tells whether a process is the leader, or in its group or session without one of ours between them. */
function leadership(
  leader: TreeRoot["leader"],
  relations: Relations,
  isProtected: (row: ProcessRow) => boolean,
): (row: ProcessRow) => boolean {
  if (leader === null) return () => false;
  const holder = relations.find(leader.pid);
  // The leader has ended, and a stranger has got its pid: nothing goes by that number any more.
  if (holder !== undefined && holder.startTime !== leader.startTime) return () => false;
  return (row) => {
    if (row.pid !== leader.pid && row.groupId !== leader.pid && row.sessionId !== leader.pid) return false;
    const seen = new Set<ProcessRow>();
    for (
      let ancestor: ProcessRow | undefined = row;
      ancestor !== undefined && ancestor.pid !== leader.pid && !seen.has(ancestor);
      ancestor = relations.parentOf(ancestor)
    ) {
      if (isProtected(ancestor)) return ancestor.pid === 1;
      seen.add(ancestor);
    }
    return true;
  };
}
