import type { Actor } from "@orchastration/protocol/contract";

/** The daemon itself, when nobody in particular acted. */
export const DAEMON: Actor = { kind: "daemon", name: "orchastration" };

/** A rule that acted when nobody in particular did, by its name. */
export function policy(name: string): Actor {
  return { kind: "policy", name };
}
