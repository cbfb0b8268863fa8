import { OrchastrationError } from "@orchastration/protocol";
import type { AdoptParams, SessionReport, SpawnParams, SupervisorMethods } from "@orchastration/protocol/supervisor";
import { claimStart } from "./claim-start.ts";
import { throwUnavailable } from "./describe-supervisor.ts";
import type { PoolListener } from "./listener.ts";
import { type Asked, canTake, isReport, type Member, type OutputKind, unanswered } from "./member.ts";
import type { Membership } from "./membership.ts";
import { shareInFlight } from "./share-in-flight.ts";

/** The request stands with a supervisor that does not answer, and cannot be taken back: it reports the session when it goes on. */
class SpawnUnansweredError extends Error {
  override readonly name = "SpawnUnansweredError";
}

/** Which supervisor gets a new session, and what becomes of it when that one does not answer. */
export interface Placement {
  /**
   * Starts the session once, whatever becomes of the supervisor that was asked first: one that does not answer loses the session to another one,
   * unless it may have started it. @throws SpawnUnansweredError then
   */
  spawn(params: SpawnParams): Promise<SessionReport>;
  /** Has a process followed whose own supervisor is gone. */
  adopt(params: AdoptParams): Promise<SessionReport | { readonly status: "gone" }>;
  /** A supervisor with room for a session of this kind, started if there is none. */
  withRoom(kind: OutputKind): Promise<Member>;
}

/** @param maxSessions sessions one process may hold; beyond it a further supervisor is started */
export function createPlacement(membership: Membership, maxSessions: () => number, listener: PoolListener): Placement {
  const launch = shareInFlight<OutputKind, Member>(() => membership.start());

  /**
   * A supervisor with room for a session of this kind. Callers that need a new one at the same time share one. Terminals and pipes do not meet in
   * one process: the masters of terminals go on to whatever it starts with pipes.
   */
  async function withRoom(kind: OutputKind): Promise<Member> {
    const found = membership.members().find((member) => canTake(kind, member, maxSessions()));
    return found ?? (await launch(kind));
  }

  /** Asks a supervisor with room to take a session, which counts against it from before it is asked. */
  async function place<M extends "session.spawn" | "session.adopt">(
    method: M,
    params: SupervisorMethods[M]["params"],
    kind: OutputKind,
  ): Promise<{ readonly member: Member } & Asked<SupervisorMethods[M]["result"]["report"]>> {
    const member = await withRoom(kind).catch(throwUnavailable);
    const { session } = params;
    member.sessions.set(session, kind);
    const asked = member.ask(method, params);
    const answer = asked.answer.then(
      ({ report }) => {
        if (report.status === "gone") member.sessions.delete(session);
        // What it said meanwhile on its own account is newer.
        else if (!isReport(member.sessions.get(session))) membership.learn(member.sessions, report);
        return report;
      },
      (error: unknown) => {
        // A refusal: the session was never there. Any other error is the connection's end, after which `leave` finds out what became of it.
        if (error instanceof OrchastrationError) member.sessions.delete(session);
        throw error;
      },
    );
    return { member, answer, isTimely: asked.isTimely };
  }

  /** What a supervisor answers at last is taken like what it says on its own account. */
  function takeLate(
    answer: Promise<SessionReport | { readonly status: "gone" }>,
    onRefused: (reason: string) => void,
  ): void {
    answer.then(
      (report) => report.status !== "gone" && listener.onReport(report),
      (error: unknown) => error instanceof OrchastrationError && onRefused(error.message),
    );
  }

  async function spawn(params: SpawnParams): Promise<SessionReport> {
    const { member, answer, isTimely } = await place("session.spawn", params, params.output.kind);
    if (await isTimely) return requirePresent(await answer);
    const { session } = params;
    if (params.isClaimed !== true && claimStart(params)) {
      member.sessions.delete(session);
      takeLate(answer, () => {});
      return await spawn({ ...params, isClaimed: true });
    }
    takeLate(answer, (reason) => listener.onRefused(session, reason));
    throw new SpawnUnansweredError(unanswered(member.connection).message);
  }

  return {
    spawn,
    async adopt(params) {
      const { member, answer, isTimely } = await place("session.adopt", params, "pipes");
      if (await isTimely) return await answer;
      // Following a process twice does no harm: both are told when its end is recorded.
      takeLate(answer, () => {});
      throw unanswered(member.connection);
    },
    withRoom,
  };
}

function requirePresent(report: SessionReport | { readonly status: "gone" }): SessionReport {
  if (report.status !== "gone") return report;
  throw new OrchastrationError("SupervisorUnavailable", "the supervisor lost the session it had just started");
}
