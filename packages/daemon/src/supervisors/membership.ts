import { newId, OrchastrationError } from "@orchastration/protocol";
import type { SessionReport } from "@orchastration/protocol/supervisor";
import { connectToSupervisor } from "./connection.ts";
import { describeSilent, describeUnusable } from "./describe-supervisor.ts";
import type { SupervisorEndpoint } from "./endpoint.ts";
import type { PoolListener } from "./listener.ts";
import { createMember, isSettledWithin, type Member, unanswered } from "./member.ts";

export interface MembershipDependencies {
  /** Endpoint records of supervisors whose process is alive. Records of dead ones are removed by this call. */
  readonly liveEndpoints: () => readonly SupervisorEndpoint[];
  /** Starts a supervisor of this program's version and resolves when its endpoint record stands. */
  readonly launch: (id: string) => Promise<void>;
  /** Program version: an older supervisor keeps its sessions and gets no new ones. */
  readonly version: string;
  /** Default: 5 seconds. */
  readonly patienceMs?: number;
}

/** A supervisor answers within milliseconds; so long it may take on a machine that has other things to do. */
const PATIENCE_MS = 5_000;

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

/** The supervisors there are: found, started, connected to, and what is known of the sessions of each. */
export interface Membership {
  /** Those that have greeted. */
  members(): readonly Member[];
  /** Whether a living supervisor has been connected to and has not greeted in time: what it holds is not known. */
  hasUngreeted(): boolean;
  /** Connects to every living supervisor. Called once, before anything is spawned. */
  adoptAll(): Promise<Adopted>;
  /** Starts a further one. @throws OrchastrationError SupervisorUnavailable when it does not start, or does not greet in time */
  start(): Promise<Member>;
  /** Takes down what a supervisor reports of a session of its own. */
  learn(sessions: Member["sessions"], report: SessionReport): void;
  status(): readonly SupervisorStatus[];
  /** A sentence for each supervisor that does not do what it is there for. */
  warnings(): readonly string[];
  /** Leaves every supervisor to itself; sessions go on. */
  close(): void;
}

export function createMembership(deps: MembershipDependencies, listener: PoolListener): Membership {
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

  /** Where that cannot be found out it is asked itself. */
  function mayBeAlive(id: string): boolean {
    try {
      return deps.liveEndpoints().some((live) => live.id === id);
    } catch {
      return true;
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
    const isAlive = mayBeAlive(id);
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

  return {
    members: () => [...members.values()],
    hasUngreeted: () => ungreeted.size > 0,
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
    start,
    learn,
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
