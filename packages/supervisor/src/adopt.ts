import { isSameProcessAlive, ownIdentity } from "@orchastration/protocol/node";
import type { AdoptParams, ProcessIdentity } from "@orchastration/protocol/supervisor";
import type { Clock } from "./clock.ts";
import type { Leader } from "./session.ts";
import type { ProcessTree, TreeMember } from "./termination/tree.ts";

/** The end of a process that is nobody's child here can only be looked for. */
const POLL_MS = 500;

/**
 * The leader of a session whose supervisor died; undefined when nothing of the session is alive. The leader's end is the session's end: when it has
 * ended already, what is left of its descendants are survivors.
 */
export async function findLeader(
  { tree, clock }: { tree: ProcessTree; clock: Clock },
  { session, process }: Pick<AdoptParams, "session" | "process">,
): Promise<Leader | undefined> {
  if (process !== null && process.bootId !== ownIdentity().bootId) return undefined;
  if (process !== null && isSameProcessAlive(process)) return adopted(clock, process);
  const { members } = await tree.scan({ session, leader: process });
  if (members.length === 0) return undefined;
  return adopted(clock, process ?? mostLikelyLeader(members));
}

function adopted(clock: Clock, identity: ProcessIdentity): Leader {
  const exited = new Promise<{ readonly unknown: true }>((resolve) => {
    const look = (): void => {
      if (isSameProcessAlive(identity)) clock.after(POLL_MS, look);
      else resolve({ unknown: true });
    };
    look();
  });
  return { identity, exited, leavesOnlyItsGroup: false, signalGroup: () => {} };
}

/** Nobody recorded it: it was started in a session of its own, before everything else that has the marker. */
function mostLikelyLeader(members: readonly TreeMember[]): ProcessIdentity {
  const leaders = members.filter((member) => member.isSessionLeader);
  const candidates = leaders.length > 0 ? leaders : members;
  return candidates.reduce((a, b) => (b.startOrder < a.startOrder ? b : a)).identity;
}
