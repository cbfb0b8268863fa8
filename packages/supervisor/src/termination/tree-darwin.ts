import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { identifyProcess } from "@orchastration/protocol/node";
import { ROLE_MARKER, SESSION_MARKER } from "@orchastration/protocol/supervisor";
import { createProcessFamily, type ProcessRow } from "./process-family.ts";
import { hasGroup, hasProcess, sendSignal } from "./send-signal.ts";
import type { ProcessTree } from "./tree.ts";

const run = promisify(execFile);
const PS = "/bin/ps";
const OPTIONS = { env: { LC_ALL: "C", TZ: "UTC" }, maxBuffer: 64 * 1024 * 1024 };

type Marks = Pick<ProcessRow, "marker" | "hasRole">;
type Listed = Omit<ProcessRow, keyof Marks>;

export const darwinTree: ProcessTree = {
  async scan(root, onFound = () => {}) {
    // Environments are shown behind the arguments, and only of this user's processes. What began between two listings is found by the next scan.
    const { stdout: commands } = await run(PS, ["-axwwo", "pid=,command="], OPTIONS);
    const { stdout: environments } = await run(PS, ["-axEwwo", "pid=,command="], OPTIONS);
    const { stdout: table } = await run(PS, ["-axo", "pid=,ppid=,pgid=,sess=,stat=,lstart="], OPTIONS);
    const marks = parseMarks(commands, environments);
    const rows = parseTable(table).map((row) => ({ ...row, ...(marks.get(row.pid) ?? UNMARKED) }));
    const bootId = identifyProcess(process.pid)?.bootId ?? "";
    const members = createProcessFamily(rows, process.pid)
      .membersOf(root)
      .map((row) => ({
        identity: { pid: row.pid, startTime: row.startTime, bootId },
        isStopped: row.isStopped,
        isSessionLeader: row.pid === row.sessionId || row.pid === row.groupId,
        startOrder: row.startOrder,
      }));
    members.forEach(onFound);
    return { members, unsettled: new Set() };
  },
  // The scan that found the member has just read its identity; one ps for each signal would take longer than that reading is old.
  signal: (member, signal) => sendSignal(member.identity.pid, signal),
  isAlive: (identity) => hasProcess(identity.pid),
  mayHaveGroup: (leader) => hasGroup(leader.pid),
  holdsOpen: (members) => members.length > 0,
};

/** Lines of `ps -o pid=,ppid=,pgid=,sess=,stat=,lstart=`; `sess` is hexadecimal, and 0 on newer systems. */
export function parseTable(text: string): readonly Listed[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(\S.*\S)\s*$/.exec(line);
    if (match === null) return [];
    const [, pid, parentPid, groupId, session, state = "", start = ""] = match;
    if (state.startsWith("Z")) return [];
    const startTime = start.replaceAll(/\s+/g, " ");
    return {
      pid: Number(pid),
      parentPid: Number(parentPid),
      groupId: Number(groupId),
      sessionId: /^\d+$/.test(session ?? "") ? Number(session) : 0,
      startTime,
      startOrder: Date.parse(`${startTime} UTC`),
      isStopped: state.startsWith("T"),
    };
  });
}

const UNMARKED: Marks = { marker: null, hasRole: false };

/**
 * Two listings of `pid=,command=`, without and with -E. Only what the second adds is environment: a marker among the arguments (somebody searching
 * for it) marks nobody.
 */
export function parseMarks(commands: string, environments: string): ReadonlyMap<number, Marks> {
  const commandOf = new Map(commands.split("\n").map(parseCommand));
  return new Map(
    environments
      .split("\n")
      .map(parseCommand)
      .flatMap(([pid, text]) => {
        const command = commandOf.get(pid);
        return command !== undefined && text.startsWith(command) ? [[pid, marksIn(text.slice(command.length))]] : [];
      }),
  );
}

function marksIn(environment: string): Marks {
  const valueOf = (name: string): string | undefined =>
    environment
      .split(" ")
      .find((word) => word.startsWith(`${name}=`))
      ?.slice(name.length + 1);
  return { marker: valueOf(SESSION_MARKER) ?? null, hasRole: valueOf(ROLE_MARKER) !== undefined };
}

function parseCommand(line: string): [pid: number, text: string] {
  const match = /^\s*(\d+)\s(.*)$/.exec(line);
  return [Number(match?.[1] ?? 0), match?.[2]?.trimEnd() ?? ""];
}
