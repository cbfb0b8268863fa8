import { messageOf } from "@orchastration/protocol";
import { createPause } from "../pause.ts";
import type { LadderDeps } from "./ladder.ts";
import type { TreeMember, TreeRoot } from "./tree.ts";

/** How long the output of background processes is waited for once the command itself has ended. */
const DRAIN_MS = 1000;
/** One is not enough: a process in the middle of its end has closed its files and is still listed, and would be taken for a survivor. */
const QUIET_SCANS = 2;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

export interface EndOfOutput {
  /** Ends the wait: somebody asked for the end of the whole session. */
  cancel(): void;
  /** Resolves with the number of processes of the session that are left. */
  readonly survivors: Promise<number>;
}

/** Waits, for a bounded time, until no process left behind by a session's leader can write to its journal. */
export function awaitEndOfOutput(
  { tree, clock, log }: LadderDeps,
  root: TreeRoot,
  canWrite: (members: readonly TreeMember[]) => boolean,
): EndOfOutput {
  const pause = createPause(clock);
  let isCancelled = false;

  async function wait(): Promise<number> {
    const deadline = clock.monotonicMs() + DRAIN_MS;
    let quietScans = 0;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
      const { members } = await tree.scan(root);
      quietScans = canWrite(members) ? 0 : quietScans + 1;
      const restMs = deadline - clock.monotonicMs();
      if (isCancelled || restMs <= 0 || quietScans === QUIET_SCANS) return members.length;
      await pause.wait(Math.min(pauseMs, LONGEST_PAUSE_MS, restMs));
    }
  }

  return {
    cancel() {
      isCancelled = true;
      pause.wake();
    },
    survivors: wait().catch((error: unknown) => {
      log.error("tree.unreadable", `Cannot list the processes of a session: ${messageOf(error)}`, {
        session: root.session,
      });
      // There was a reason to look.
      return 1;
    }),
  };
}
