import { OrchastrationError } from "@orchastration/protocol";
import type { StopReason } from "@orchastration/protocol/contract";
import type { LiveSession, SupervisorMethods } from "@orchastration/protocol/supervisor";
import type { PoolListener } from "./listener.ts";
import { isReport, type Member } from "./member.ts";
import { createMembership, type Membership, type MembershipDependencies } from "./membership.ts";
import { createPlacement, type Placement } from "./placement.ts";

export interface PoolDependencies extends MembershipDependencies {
  /** Sessions one process may hold; beyond it a further supervisor is started. */
  readonly maxSessions: () => number;
}

/** What can be asked about one session with a terminal. */
export type TerminalMethod = `session.${"write" | "resize" | "signal" | "takeControl" | "tell"}`;

export interface SupervisorPool
  extends Pick<Membership, "adoptAll" | "status" | "warnings" | "close">,
    Pick<Placement, "spawn" | "adopt"> {
  stop(session: string, reason: StopReason, graceMs: number): Promise<void>;
  /** Ends the processes of a session whose own supervisor does not answer. Answers how many could not be ended. */
  endElsewhere(params: SupervisorMethods["session.endElsewhere"]["params"]): Promise<number>;
  acknowledge(session: string): Promise<void>;
  /** Whether the session is held by a supervisor that does not answer, or may be. */
  isSilent(session: string): boolean;
  /** As of the last word of its supervisor. */
  findLive(
    session: string,
  ): { readonly session: LiveSession; readonly socket: string; readonly streamVersion: number } | undefined;
  /** @throws OrchastrationError SupervisorUnavailable when none holds the session, or what the supervisor answers */
  ask<M extends TerminalMethod>(
    method: M,
    params: SupervisorMethods[M]["params"],
  ): Promise<SupervisorMethods[M]["result"]>;
}

export function createSupervisorPool(deps: PoolDependencies, listener: PoolListener): SupervisorPool {
  const membership = createMembership(deps, listener);
  const placement = createPlacement(membership, deps.maxSessions, listener);

  const holdersOf = (session: string): readonly Member[] =>
    membership.members().filter((member) => member.sessions.has(session));
  const holderOf = (session: string): Member | undefined => holdersOf(session)[0];

  function requireHolder(session: string): Member {
    const holder = holderOf(session);
    if (holder !== undefined) return holder;
    throw new OrchastrationError("SupervisorUnavailable", `no supervisor holds session ${session} at this moment`);
  }

  return {
    async stop(session, reason, graceMs) {
      await requireHolder(session).call("session.stop", { session, reason, graceMs });
    },
    async endElsewhere(params) {
      const { connection } = await placement.withRoom("pipes");
      return (await connection.call("session.endElsewhere", params)).survivors;
    },
    async acknowledge(session) {
      const holders = holdersOf(session);
      for (const { sessions } of holders) sessions.delete(session);
      await Promise.all(holders.map((holder) => holder.call("session.acknowledge", { session })));
    },
    isSilent(session) {
      const holder = holderOf(session);
      return holder === undefined ? membership.hasUngreeted() : holder.isSilent;
    },
    findLive(session) {
      const holder = holderOf(session);
      const report = holder?.sessions.get(session);
      if (holder === undefined || !isReport(report) || report.status !== "live") return undefined;
      return { session: report, socket: holder.socket, streamVersion: holder.connection.streamVersions.max };
    },
    ask: (method, params) => requireHolder(params.session).call(method, params),
    adoptAll: membership.adoptAll,
    status: membership.status,
    warnings: membership.warnings,
    close: membership.close,
    spawn: placement.spawn,
    adopt: placement.adopt,
  };
}
