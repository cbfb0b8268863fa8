import { OrchastrationError } from "@orchastration/protocol";
import type {
  SessionReport,
  SpawnParams,
  SupervisorMethod,
  SupervisorMethods,
} from "@orchastration/protocol/supervisor";
import type { SupervisorConnection } from "./connection.ts";

/** A request under way. */
export interface Asked<R> {
  /** However late; rejects with what the supervisor refused, or when the connection ends. */
  readonly answer: Promise<R>;
  /** Resolves when the answer has come, or with false when it is not worth waiting for any longer. */
  readonly isTimely: Promise<boolean>;
}

export type OutputKind = SpawnParams["output"]["kind"];

/** One supervisor, and what is known of its sessions. */
export interface Member {
  readonly connection: SupervisorConnection;
  readonly socket: string;
  /** What is known of each; its kind for one that is only being placed here. */
  readonly sessions: Map<string, SessionReport | OutputKind>;
  readonly isDraining: boolean;
  /** It left a request unanswered, and has said nothing since: it is suspended, or hangs. What it was asked it reads when it goes on. */
  readonly isSilent: boolean;
  ask<M extends SupervisorMethod>(
    method: M,
    params: SupervisorMethods[M]["params"],
  ): Asked<SupervisorMethods[M]["result"]>;
  /** @throws OrchastrationError SupervisorUnavailable when it does not answer in time, or what it answers */
  call<M extends SupervisorMethod>(
    method: M,
    params: SupervisorMethods[M]["params"],
  ): Promise<SupervisorMethods[M]["result"]>;
  /** It said something on its own account. */
  heard(): void;
}

export interface MemberDependencies {
  readonly connection: SupervisorConnection;
  readonly socket: string;
  readonly sessions: Member["sessions"];
  readonly isDraining: boolean;
  /** A supervisor answers within milliseconds; so long it may take on a machine that has other things to do. */
  readonly patienceMs: number;
  onSilence(isSilent: boolean): void;
}

export function createMember(deps: MemberDependencies): Member {
  const { connection, patienceMs } = deps;
  let isSilent = false;

  function setSilent(next: boolean): void {
    if (isSilent === next) return;
    isSilent = next;
    deps.onSilence(next);
  }

  const ask: Member["ask"] = (method, params) => {
    const answer = connection.call(method, params);
    const settled = answer.then(
      () => setSilent(false),
      // Refusals are answers; the end of the connection is told by itself.
      (error: unknown) => void (error instanceof OrchastrationError && setSilent(false)),
    );
    const isTimely = isSettledWithin(settled, isSilent ? 0 : patienceMs);
    void isTimely.then((isIt) => isIt || setSilent(true));
    return { answer, isTimely };
  };

  return {
    ...deps,
    get isSilent() {
      return isSilent;
    },
    ask,
    async call(method, params) {
      const { answer, isTimely } = ask(method, params);
      if (await isTimely) return answer;
      answer.catch(() => {});
      throw unanswered(connection);
    },
    heard: () => setSilent(false),
  };
}

/** Whether a promise settles before so many milliseconds are over. */
export function isSettledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    const settle = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settle, settle);
  });
}

export function unanswered({ id, pid }: { readonly id: string; readonly pid: number }): OrchastrationError {
  return new OrchastrationError(
    "SupervisorUnavailable",
    `supervisor ${id} (pid ${pid}) does not answer: it is suspended or hangs`,
    { details: { supervisor: id, pid }, hint: `Let it go on (\`kill -CONT ${pid}\`), then try again.` },
  );
}

export function isReport(known: SessionReport | OutputKind | undefined): known is SessionReport {
  return typeof known === "object";
}

/** Whether it has room for a session of this kind, and none of the other. */
export function canTake(kind: OutputKind, member: Member, maxSessions: number): boolean {
  if (member.isDraining || member.isSilent || member.sessions.size >= maxSessions) return false;
  return member.sessions.values().every((known) => {
    if (!isReport(known)) return known === kind;
    return known.status === "exited" || (known.terminal === null ? "pipes" : "pty") === kind;
  });
}
