import { newId, OrchastrationError } from "@orchastration/protocol";
import type { StopReason } from "@orchastration/protocol/contract";
import type {
  AdoptParams,
  LiveSession,
  SessionReport,
  SpawnParams,
  SupervisorMethods,
} from "@orchastration/protocol/supervisor";
import { claimStart } from "./claim-start.ts";
import { connectToSupervisor } from "./connection.ts";
import { describeSilent, describeUnusable, throwUnavailable } from "./describe-supervisor.ts";
import {
  type Asked,
  canTake,
  createMember,
  isReport,
  isSettledWithin,
  type Member,
  type OutputKind,
  unanswered,
} from "./member.ts";
import { shareInFlight } from "./share-in-flight.ts";

export interface PoolListener {
  /** What a supervisor says of a session, on its own account: it is being stopped, it has ended. */
  onReport(report: SessionReport): void;
  /** A live terminal came, or its attachments, controller or size changed. */
  onTerminal(session: LiveSession): void;
  /** Somebody types into its terminal; told at most once a second. */
  onTyped(session: string): void;
  /** A supervisor that answered too late did not start the session. */
  onRefused(session: string, reason: string): void;
  /** A supervisor leaves requests unanswered, or has begun to answer again. */
  onSilence(supervisor: { readonly id: string; readonly pid: number }, isSilent: boolean): void;
  /** A living supervisor that cannot be used: of a protocol that is not spoken any more, or nobody listens. Its sessions go on unobserved. */
  onUnusable(supervisor: SupervisorEndpoint, error: unknown): void;
  /** The supervisor is gone; these sessions were on it and their exits will not be reported by it. */
  onLost(supervisor: { readonly id: string; readonly pid: number }, sessions: readonly string[]): void;
  onStarted(supervisor: { readonly id: string; readonly pid: number; readonly version: string }): void;
}

/** A supervisor as its endpoint record describes it. */
export interface SupervisorEndpoint {
  readonly id: string;
  readonly pid: number;
  readonly version: string;
  readonly socket: string;
}

export interface PoolDependencies {
  /** Endpoint records of supervisors whose process is alive. Records of dead ones are removed by this call. */
  readonly liveEndpoints: () => readonly SupervisorEndpoint[];
  /** Starts a supervisor of this program's version and resolves when its endpoint record stands. */
  readonly launch: (id: string) => Promise<void>;
  /** Sessions one process may hold; beyond it a further supervisor is started. */
  readonly maxSessions: () => number;
  /** Program version: an older supervisor keeps its sessions and gets no new ones. */
  readonly version: string;
  /** Default: 5 seconds. */
  readonly patienceMs?: number;
}

/** A supervisor answers within milliseconds; so long it may take on a machine that has other things to do. */
const PATIENCE_MS = 5_000;

/** The request stands with a supervisor that does not answer, and cannot be taken back: it reports the session when it goes on. */
class SpawnUnansweredError extends Error {
  override readonly name = "SpawnUnansweredError";
}

export interface Adopted {
  /** What the supervisors that answered hold, by session. */
  readonly reports: ReadonlyMap<string, SessionReport>;
  /** Resolves when every other one has answered, its sessions reported to the listener, or is gone. Null: all have answered. */
  readonly others: Promise<void> | null;
}

export interface SupervisorStatus {
  readonly id: string;
  readonly pid: number;
  readonly version: string;
  readonly sessions: number;
  readonly isDraining: boolean;
  /** False: it leaves requests unanswered. Of one that never answered this daemon the sessions are not known. */
  readonly isResponsive: boolean;
}

/** What can be asked about one session with a terminal. */
export type TerminalMethod = `session.${"write" | "resize" | "signal" | "takeControl" | "tell"}`;

export interface SupervisorPool {
  /** Connects to every living supervisor. Called once, before anything is spawned. */
  adoptAll(): Promise<Adopted>;
  /**
   * Starts the session once, whatever becomes of the supervisor that was asked first: one that does not answer loses the session to another one,
   * unless it may have started it. @throws SpawnUnansweredError then
   */
  spawn(params: SpawnParams): Promise<SessionReport>;
  adopt(params: AdoptParams): Promise<SessionReport | { readonly status: "gone" }>;
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
  status(): readonly SupervisorStatus[];
  /** A sentence for each supervisor that does not do what it is there for. */
  warnings(): readonly string[];
  /** Leaves every supervisor to itself; sessions go on. */
  close(): void;
}

export function createSupervisorPool(deps: PoolDependencies, listener: PoolListener): SupervisorPool {
  const { patienceMs = PATIENCE_MS } = deps;
  const members = new Map<string, Member>();
  /** Living supervisors that have been connected to and have not greeted yet. */
  const ungreeted = new Map<string, SupervisorEndpoint>();
  /** Living supervisors that cannot be used, and why. */
  const unusable = new Map<string, string>();
  let isClosed = false;

  async function join(endpoint: SupervisorEndpoint): Promise<Member> {
    const sessions: Member["sessions"] = new Map();
    const silence = setTimeout(() => ungreeted.set(endpoint.id, endpoint), patienceMs);
    try {
      const connection = await connectToSupervisor(endpoint.socket, (name, report) => {
        members.get(endpoint.id)?.heard();
        learn(sessions, report);
        if (name === "session.typed") listener.onTyped(report.session);
        else if (name !== "session.terminalChanged") listener.onReport(report);
      });
      if (isClosed) {
        // A supervisor that was being started while the daemon began to end: the next daemon finds it.
        connection.close();
        throw new OrchastrationError("DaemonStopping", "the daemon is about to end");
      }
      const isDraining = connection.version !== deps.version;
      const onSilence = (isSilent: boolean): void => listener.onSilence(connection, isSilent);
      const member = createMember({ connection, socket: endpoint.socket, sessions, isDraining, patienceMs, onSilence });
      members.set(connection.id, member);
      void connection.closed.then(() => leave(member, endpoint));
      if (isDraining) await member.ask("supervisor.drain", {}).answer;
      return member;
    } finally {
      clearTimeout(silence);
      ungreeted.delete(endpoint.id);
    }
  }

  /** Joins a supervisor that may hold sessions already. */
  async function adopt(endpoint: SupervisorEndpoint): Promise<readonly SessionReport[]> {
    const member = await join(endpoint);
    const { sessions } = await member.ask("session.list", {}).answer;
    for (const report of sessions) learn(member.sessions, report);
    return sessions;
  }

  function learn(sessions: Member["sessions"], report: SessionReport): void {
    sessions.set(report.session, report);
    if (report.status === "live" && report.terminal !== null) listener.onTerminal(report);
  }

  async function leave(member: Member, endpoint: SupervisorEndpoint): Promise<void> {
    const { id, pid } = member.connection;
    members.delete(id);
    if (isClosed) return;
    // A broken connection to a living supervisor is mended; what it could not say meanwhile stands in its list.
    const isAlive = deps.liveEndpoints().some((live) => live.id === id);
    for (const report of isAlive ? await adopt(endpoint).catch(() => []) : []) {
      member.sessions.delete(report.session);
      listener.onReport(report);
    }
    if (member.sessions.size > 0) listener.onLost({ id, pid }, [...member.sessions.keys()]);
  }

  async function start(): Promise<Member> {
    const id = newId();
    await deps.launch(id);
    const endpoint = deps.liveEndpoints().find((live) => live.id === id);
    if (endpoint === undefined) {
      throw new OrchastrationError("SupervisorUnavailable", `supervisor ${id} said it was ready and left no endpoint`);
    }
    const joining = join(endpoint);
    if (!(await isSettledWithin(joining, patienceMs))) {
      joining.catch(() => {});
      throw unanswered(endpoint);
    }
    const member = await joining;
    const { pid, version } = member.connection;
    listener.onStarted({ id, pid, version });
    return member;
  }

  const launch = shareInFlight<OutputKind, Member>(start);

  /**
   * A supervisor with room for a session of this kind. Callers that need a new one at the same time share one. Terminals and pipes do not meet in
   * one process: the masters of terminals go on to whatever it starts with pipes.
   */
  async function withRoom(kind: OutputKind): Promise<Member> {
    const found = members.values().find((member) => canTake(kind, member, deps.maxSessions()));
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
        else if (!isReport(member.sessions.get(session))) learn(member.sessions, report);
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

  const holdersOf = (session: string): readonly Member[] =>
    [...members.values()].filter((member) => member.sessions.has(session));
  const holderOf = (session: string): Member | undefined => holdersOf(session)[0];

  function requireHolder(session: string): Member {
    const holder = holderOf(session);
    if (holder !== undefined) return holder;
    throw new OrchastrationError("SupervisorUnavailable", `no supervisor holds session ${session} at this moment`);
  }

  return {
    async adoptAll() {
      const reports = new Map<string, SessionReport>();
      const late: Promise<void>[] = [];
      const adoptOne = async (endpoint: SupervisorEndpoint): Promise<void> => {
        const taken = adopt(endpoint).catch((error: unknown) => {
          unusable.set(endpoint.id, describeUnusable(endpoint, error));
          listener.onUnusable(endpoint, error);
          return [];
        });
        if (await isSettledWithin(taken, patienceMs)) {
          for (const report of await taken) reports.set(report.session, report);
          return;
        }
        listener.onSilence(endpoint, true);
        late.push(
          taken.then((found) => {
            listener.onSilence(endpoint, false);
            for (const report of found) listener.onReport(report);
          }),
        );
      };
      await Promise.all(deps.liveEndpoints().map(adoptOne));
      return { reports, others: late.length === 0 ? null : Promise.all(late).then(() => undefined) };
    },
    spawn,
    async adopt(params) {
      const { member, answer, isTimely } = await place("session.adopt", params, "pipes");
      if (await isTimely) return await answer;
      // Following a process twice does no harm: both are told when its end is recorded.
      takeLate(answer, () => {});
      throw unanswered(member.connection);
    },
    async stop(session, reason, graceMs) {
      await requireHolder(session).call("session.stop", { session, reason, graceMs });
    },
    async endElsewhere(params) {
      const { connection } = await withRoom("pipes");
      return (await connection.call("session.endElsewhere", params)).survivors;
    },
    async acknowledge(session) {
      const holders = holdersOf(session);
      for (const { sessions } of holders) sessions.delete(session);
      await Promise.all(holders.map((holder) => holder.call("session.acknowledge", { session })));
    },
    isSilent(session) {
      const holder = holderOf(session);
      return holder === undefined ? ungreeted.size > 0 : holder.isSilent;
    },
    findLive(session) {
      const holder = holderOf(session);
      const report = holder?.sessions.get(session);
      if (holder === undefined || !isReport(report) || report.status !== "live") return undefined;
      return { session: report, socket: holder.socket, streamVersion: holder.connection.streamVersions.max };
    },
    ask: (method, params) => requireHolder(params.session).call(method, params),
    status: () => [
      ...[...members.values()].map(({ connection, sessions, isDraining, isSilent }) => ({
        id: connection.id,
        pid: connection.pid,
        version: connection.version,
        sessions: sessions.size,
        isDraining,
        isResponsive: !isSilent,
      })),
      ...[...ungreeted.values()].map(({ id, pid, version }) => ({
        id,
        pid,
        version,
        sessions: 0,
        isDraining: version !== deps.version,
        isResponsive: false,
      })),
    ],
    warnings() {
      const alive = new Set(unusable.size === 0 ? [] : deps.liveEndpoints().map(({ id }) => id));
      const silent = [...members.values()].flatMap(({ connection, isSilent }) => (isSilent ? [connection] : []));
      return [
        ...[...silent, ...ungreeted.values()].map(describeSilent),
        ...[...unusable].flatMap(([id, sentence]) => (alive.has(id) ? [sentence] : [])),
      ];
    },
    close() {
      isClosed = true;
      for (const { connection } of members.values()) connection.close();
    },
  };
}

function requirePresent(report: SessionReport | { readonly status: "gone" }): SessionReport {
  if (report.status !== "gone") return report;
  throw new OrchastrationError("SupervisorUnavailable", "the supervisor lost the session it had just started");
}
