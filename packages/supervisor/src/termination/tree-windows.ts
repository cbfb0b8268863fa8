import { execFile, spawnSync } from "node:child_process";
import { win32 } from "node:path";
import { promisify } from "node:util";
import { createProcessFamily, type ProcessRow } from "./process-family.ts";
import { hasProcess, type Signal } from "./send-signal.ts";
import type { ProcessTree } from "./tree.ts";

const run = promisify(execFile);

/** By full path: a program of that name in the working directory or earlier in PATH is somebody else's. */
function system(...path: readonly string[]): string {
  return win32.join(process.env["SystemRoot"] ?? "C:\\Windows", "System32", ...path);
}

const LIST_PROCESSES =
  "Get-CimInstance Win32_Process | ForEach-Object { '{0} {1} {2}' -f $_.ProcessId, $_.ParentProcessId, $(if ($_.CreationDate) { $_.CreationDate.ToFileTimeUtc() } else { 0 }) }";

/**
 * Windows has neither groups nor readable environments: a tree is what its parents tell. Our own long-lived processes start detached from a parent
 * that ends, and are therefore in nobody's tree.
 */
export const windowsTree: ProcessTree = {
  async scan(root, onFound = () => {}) {
    const { stdout } = await run(
      system("WindowsPowerShell", "v1.0", "powershell.exe"),
      ["-NoProfile", "-NonInteractive", "-Command", LIST_PROCESSES],
      { maxBuffer: 64 * 1024 * 1024, windowsHide: true },
    );
    const members = createProcessFamily(parseProcesses(stdout), process.pid)
      .membersOf(root)
      .map((row) => ({
        identity: { pid: row.pid, startTime: row.startTime, bootId: root.leader?.bootId ?? "" },
        isStopped: false,
        isSessionLeader: row.pid === root.leader?.pid,
        startOrder: row.startOrder,
      }));
    members.forEach(onFound);
    return { members, unsettled: new Set() };
  },
  signal(member, signal) {
    const { status } = spawnSync(system("taskkill.exe"), taskkillArguments(member.identity.pid, signal), {
      stdio: "ignore",
      windowsHide: true,
    });
    return status === 0 ? "sent" : hasProcess(member.identity.pid) ? "refused" : "gone";
  },
  isAlive: (identity) => hasProcess(identity.pid),
  mayHaveGroup: () => true,
  holdsOpen: (members) => members.length > 0,
};

/** Without /F a program is asked to close. */
export function taskkillArguments(pid: number, signal: Signal): readonly string[] {
  const tree = ["/T", "/PID", String(pid)];
  return signal === "SIGKILL" ? ["/F", ...tree] : tree;
}

/** Lines `pid parentPid creationTime`, the time in units of 100 ns, 0 for those of the system. */
export function parseProcesses(text: string): readonly ProcessRow[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const match = /^(\d+) (\d+) (\d+)$/.exec(line.trim());
    if (match === null) return [];
    const [, pid, parentPid, startTime = "0"] = match;
    return {
      pid: Number(pid),
      parentPid: Number(parentPid),
      groupId: 0,
      sessionId: 0,
      startTime,
      startOrder: Number(startTime),
      isStopped: false,
      marker: null,
      hasRole: false,
    };
  });
}
