import type { ProcessIdentity } from "@orchastration/protocol/supervisor";
import type { Signal } from "./send-signal.ts";
import { darwinTree } from "./tree-darwin.ts";
import { linuxTree } from "./tree-linux.ts";
import { windowsTree } from "./tree-windows.ts";

/** What the processes of a session are recognised by. */
export interface TreeRoot {
  /** Value of the marker in their environment. */
  readonly session: string;
  /** The process that was started; null when nobody recorded it. It may have ended: its group and marker outlive it. */
  readonly leader: ProcessIdentity | null;
}

export interface TreeMember {
  readonly identity: ProcessIdentity;
  /** By SIGSTOP: it takes no SIGTERM before it is continued. */
  readonly isStopped: boolean;
  readonly isSessionLeader: boolean;
  /** Orders the starts of processes. */
  readonly startOrder: number;
}

export interface TreeScan {
  readonly members: readonly TreeMember[];
  /**
   * Processes that ended, had just ended, or were replacing their program while they were looked at: each may have left a successor that was not
   * seen. No member found means something only when none of these is new since the scan before.
   */
  readonly unsettled: ReadonlySet<string>;
}

/** What one platform can find out about a session's processes. Rejections mean that nothing was found out, never that there is nothing. */
export interface ProcessTree {
  /** `onFound` is called as soon as a member is known: by the time the whole table is read, a process that multiplies would be another one. */
  scan(root: TreeRoot, onFound?: (member: TreeMember) => void): Promise<TreeScan>;
  /** Signals exactly that process. `refused`: it is not ours to signal (it changed its user). */
  signal(member: TreeMember, signal: Signal): "sent" | "gone" | "refused";
  /** Cheaper than a scan, and allowed to take a successor of the same pid for it. */
  isAlive(identity: ProcessIdentity): boolean;
  /** False only when certainly no process is left in the leader's process group. Costs next to nothing. */
  mayHaveGroup(leader: ProcessIdentity): boolean;
  /** Whether a member still has one of the files open. True when that cannot be found out. */
  holdsOpen(members: readonly TreeMember[], paths: readonly string[]): boolean;
}

export function treeOf(platform: NodeJS.Platform): ProcessTree {
  switch (platform) {
    case "darwin":
      return darwinTree;
    case "win32":
      return windowsTree;
    default:
      return linuxTree;
  }
}
