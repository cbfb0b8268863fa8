import { readdirSync, statSync } from "node:fs";
import { errorCode, isSameProcessAlive, ownIdentity } from "@orchastration/protocol/node";
import { createProcessFamily, type ProcessRow } from "./process-family.ts";
import { readProcessTable } from "./process-table-linux.ts";
import { hasGroup, sendSignal } from "./send-signal.ts";
import type { ProcessTree, TreeMember, TreeRoot, TreeScan } from "./tree.ts";

export const linuxTree: ProcessTree = {
  scan(root, onFound = () => {}) {
    return new Promise((resolve, reject) => {
      // Whoever asks in one turn of the event loop shares one reading: a hundred sessions that are stopped together do not read it a hundred times.
      if (waiting.push({ root, onFound, reported: new Set(), resolve, reject }) === 1) setImmediate(answerAll);
    });
  },
  signal: (member, signal) => (isSameProcessAlive(member.identity) ? sendSignal(member.identity.pid, signal) : "gone"),
  isAlive: isSameProcessAlive,
  mayHaveGroup: (leader) => hasGroup(leader.pid),
  holdsOpen(members, paths) {
    const wanted = new Set(paths.flatMap((path) => fileIdentity(path) ?? []));
    return members.some(({ identity }) => holdsOneOf(wanted, identity.pid));
  },
};

interface Request {
  readonly root: TreeRoot;
  readonly onFound: (member: TreeMember) => void;
  readonly reported: Set<ProcessRow>;
  resolve(scan: TreeScan): void;
  reject(error: unknown): void;
}

let waiting: Request[] = [];

function answerAll(): void {
  const requests = waiting;
  waiting = [];
  try {
    const { bootId } = ownIdentity();
    const report = (request: Request, row: ProcessRow): void => {
      if (request.reported.has(row)) return;
      request.reported.add(row);
      request.onFound(toMember(row, bootId));
    };
    const bySession = Map.groupBy(requests, ({ root }) => root.session);
    const oldest = Math.min(...requests.map(({ root }) => Number(root.leader?.startTime ?? 0)));
    const { rows, unsettled } = readProcessTable(oldest, (row) => {
      if (row.marker === null || row.hasRole || row.pid === process.pid) return;
      for (const request of bySession.get(row.marker) ?? []) report(request, row);
    });
    const family = createProcessFamily(rows, process.pid);
    for (const request of requests) {
      const members = family.membersOf(request.root);
      for (const row of members) report(request, row);
      request.resolve({ members: members.map((row) => toMember(row, bootId)), unsettled });
    }
  } catch (error) {
    for (const request of requests) request.reject(error);
  }
}

function toMember(row: ProcessRow, bootId: string): TreeMember {
  return {
    identity: { pid: row.pid, startTime: row.startTime, bootId },
    isStopped: row.isStopped,
    isSessionLeader: row.pid === row.sessionId,
    startOrder: row.startOrder,
  };
}

function holdsOneOf(wanted: ReadonlySet<string>, pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((name) => wanted.has(fileIdentity(`/proc/${pid}/fd/${name}`) ?? ""));
  } catch (error) {
    return errorCode(error) !== "ENOENT" && errorCode(error) !== "ESRCH";
  }
}

function fileIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
