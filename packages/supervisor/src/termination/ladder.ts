import { messageOf } from "@orchastration/protocol";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { createPause } from "../pause.ts";
import type { Signal } from "./send-signal.ts";
import type { ProcessTree, TreeMember, TreeRoot } from "./tree.ts";

export interface LadderDeps {
  readonly tree: ProcessTree;
  readonly clock: Clock;
  readonly log: Log;
}

/** How the processes of a session are asked to end. An interactive shell takes no SIGTERM, but ends with its terminal. */
export type EndSignals = readonly ("SIGTERM" | "SIGHUP")[];

/** Asks every process of a session to end, waits, and ends those that are left. */
export interface Ladder {
  /** Skips what is left of the grace time. */
  hurry(): void;
  /** Something ended: look now instead of at the next turn. */
  wake(): void;
  /** Resolves when the tree is gone, or cannot be ended: with the number of processes left, at least 1 when that is unknown. */
  readonly ended: Promise<number>;
}

/** Looks in such intervals whether those asked have gone, the first soon, since most programs end at once. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;
/** While those asked are at it: how often the whole table is read for newcomers. */
const RESCAN_MS = 1000;
/** Scans in direct succession, for processes that multiply or escape between being listed and being read. */
const SCANS_PER_SWEEP = 20;
const LONGEST_RESCAN_PAUSE_MS = 16;
/** A process that outlives SIGKILL so long waits for a device; its session is reported with a survivor. */
const KILL_PATIENCE_MS = 10_000;

/** `signalGroup` serves when processes cannot be listed: it reaches the group of a leader that is surely still the same. */
export function climbLadder(
  { tree, clock, log }: LadderDeps,
  root: TreeRoot,
  graceMs: number,
  signalGroup: (signal: Signal) => void = () => {},
  endSignals: EndSignals = ["SIGTERM"],
): Ladder {
  const pause = createPause(clock);
  let isHurried = graceMs <= 0;

  /**
   * Shows every member to `visit`: in the moment it is found, to be faster than what multiplies, or parents first, so that no shell goes on to its
   * next command because the present one was ended. Undefined: the processes could not be listed.
   */
  async function sweep(
    order: "as-found" | "parents-first",
    visit: (member: TreeMember) => void,
  ): Promise<readonly TreeMember[] | undefined> {
    const seen = new Set<string>();
    let unsettledBefore: ReadonlySet<string> = new Set();
    let emptyScans = 0;
    for (let scans = 1; ; scans++) {
      const seenBefore = seen.size;
      try {
        const { members, unsettled } = await tree.scan(root, order === "as-found" ? visit : undefined);
        if (order === "parents-first") for (const member of members.toSorted(byAge)) visit(member);
        for (const member of members) seen.add(keyOf(member));
        if (members.length > 0) {
          emptyScans = 0;
          if (seen.size === seenBefore || scans >= SCANS_PER_SWEEP) return members;
        } else {
          emptyScans++;
          if (unsettled.isSubsetOf(unsettledBefore) || emptyScans === SCANS_PER_SWEEP) return [];
          // Whoever has to get somewhere first needs the processor for it.
          await pause.wait(Math.min(2 ** emptyScans, LONGEST_RESCAN_PAUSE_MS));
        }
        unsettledBefore = unsettled;
      } catch (error) {
        const message = `Cannot list the processes of a session: ${messageOf(error)}`;
        log.error("tree.unreadable", message, { session: root.session });
        return undefined;
      }
    }
  }

  /** True when nothing is left. */
  async function ask(): Promise<boolean> {
    const deadline = clock.monotonicMs() + graceMs;
    const asked = new Map<string, TreeMember>();
    let rescanAt = 0;
    for (let pauseMs = FIRST_PAUSE_MS; !isHurried && clock.monotonicMs() < deadline; pauseMs *= 2) {
      const isSomeoneLeft = [...asked.values()].some(({ identity }) => tree.isAlive(identity));
      if (!isSomeoneLeft || clock.monotonicMs() >= rescanAt) {
        const members = await sweep("parents-first", (member) => {
          if (asked.has(keyOf(member))) return;
          asked.set(keyOf(member), member);
          for (const signal of endSignals) tree.signal(member, signal);
          if (member.isStopped) tree.signal(member, "SIGCONT");
        });
        if (members?.length === 0) return true;
        if (members === undefined) endSignals.forEach(signalGroup);
        rescanAt = clock.monotonicMs() + RESCAN_MS;
      }
      await pause.wait(Math.min(pauseMs, LONGEST_PAUSE_MS, deadline - clock.monotonicMs()));
    }
    return false;
  }

  async function kill(): Promise<number> {
    const patienceEndsAt = clock.monotonicMs() + KILL_PATIENCE_MS;
    for (let pauseMs = 1; ; pauseMs *= 2) {
      const refusing = new Set<string>();
      const members = await sweep("as-found", (member) => {
        if (tree.signal(member, "SIGKILL") === "refused") refusing.add(keyOf(member));
      });
      if (members?.length === 0) return 0;
      if (members === undefined) signalGroup("SIGKILL");
      const isHopeless = members?.every((member) => refusing.has(keyOf(member))) ?? false;
      if (isHopeless || clock.monotonicMs() >= patienceEndsAt) {
        const survivors = members?.length ?? 1;
        log.error("tree.survived", "Processes of a session could not be ended.", { session: root.session, survivors });
        return survivors;
      }
      await pause.wait(Math.min(pauseMs, LONGEST_PAUSE_MS));
    }
  }

  return {
    hurry() {
      isHurried = true;
      pause.wake();
    },
    wake: () => pause.wake(),
    ended: (async () => ((await ask()) ? 0 : await kill()))(),
  };
}

function byAge(a: TreeMember, b: TreeMember): number {
  return a.startOrder - b.startOrder || a.identity.pid - b.identity.pid;
}

function keyOf({ identity }: TreeMember): string {
  return `${identity.pid} ${identity.startTime}`;
}
