import { constants } from "node:os";
import { OrchastrationError } from "@orchastration/protocol";
import { readExitFile } from "@orchastration/protocol/node";
import type {
  AdoptParams,
  LiveSession,
  SessionReport,
  SpawnParams,
  StopReason,
  SupervisorMethods,
} from "@orchastration/protocol/supervisor";
import { findLeader } from "./adopt.ts";
import {
  exitedSession,
  followSession,
  type Leader,
  type Session,
  type SessionDeps,
  type SessionTerms,
} from "./session.ts";
import {
  orphanedOutput,
  PIPE_END_SIGNALS,
  pipeOutput,
  type SessionOutput,
  TERMINAL_END_SIGNALS,
  terminalOutput,
} from "./session-output.ts";
import { spawnWithPipes } from "./spawn-pipes.ts";
import { spawnWithPty } from "./spawn-pty.ts";
import { openTerminal, type Terminal } from "./terminal/terminal.ts";
import { climbLadder, type EndSignals } from "./termination/ladder.ts";

export interface SessionsDeps extends SessionDeps {
  /** Attachments, controller or size of its terminal changed. */
  onTerminalChanged(report: LiveSession): void;
  /** Somebody types into its terminal. */
  onTyped(report: LiveSession): void;
  /** A session came, settled or went. */
  onChange(): void;
}

/** The sessions of this supervisor: live ones, and exited ones until they are acknowledged. */
export interface Sessions {
  spawn(params: SpawnParams): Promise<SessionReport>;
  adopt(params: AdoptParams): Promise<SessionReport | { readonly status: "gone" }>;
  list(): readonly SessionReport[];
  stop(session: string, reason: StopReason, graceMs: number): Promise<SessionReport>;
  /** @throws {OrchastrationError} SessionNotFound, InvalidParams when there is no such signal */
  signal(session: string, signal: string): Promise<void>;
  /** @throws {OrchastrationError} SessionNotFound, SessionNotLive, NoTerminal */
  terminalOf(session: string): Promise<Terminal>;
  acknowledge(session: string): Promise<void>;
  /** Ends the processes of a session that is not held here; resolves with the number of those that could not be ended. */
  endElsewhere(params: SupervisorMethods["session.endElsewhere"]["params"]): Promise<number>;
  /** No new sessions from now on. */
  drain(): void;
  readonly isDraining: boolean;
  /** Sessions that need this process: until each has exited and its exit is on disk. */
  readonly unsettled: number;
}

export function createSessions(deps: SessionsDeps): Sessions {
  const { clock } = deps;
  /** A promise while a session is being started: whoever asks for the same one meanwhile gets the same. */
  const sessions = new Map<string, Session | Promise<Session | undefined>>();
  let isDraining = false;

  const held = (): readonly Session[] =>
    [...sessions.values()].filter((session): session is Session => !(session instanceof Promise));

  /** What is held under the id, or made by `make` and held from then on; nothing stays held when it fails. */
  async function hold(
    id: string,
    directory: string,
    make: () => Promise<Session | undefined>,
  ): Promise<Session | undefined> {
    const present = sessions.get(id);
    if (present !== undefined) return await present;
    const coming = makeOrFind(id, directory, make);
    sessions.set(id, coming);
    try {
      const session = await coming;
      if (session === undefined) sessions.delete(id);
      else sessions.set(id, session);
      return session;
    } catch (error) {
      sessions.delete(id);
      throw error;
    } finally {
      deps.onChange();
    }
  }

  /** An exit on disk says that the session was started already, and has ended, under an earlier supervisor. */
  async function makeOrFind(
    id: string,
    directory: string,
    make: () => Promise<Session | undefined>,
  ): Promise<Session | undefined> {
    const exited = readExitFile(directory);
    return exited?.session === id ? exitedSession(directory, exited) : await make();
  }

  // Named one by one: a session must not hold on to the environment it was spawned with.
  const follow = (
    params: SpawnParams | AdoptParams,
    start: Start,
    { leader, output }: { leader: Leader; output: SessionOutput },
  ): Session => {
    const { session, timeoutMs, stopGraceMs, directory } = params;
    return followSession(deps, { session, timeoutMs, stopGraceMs, directory, ...start }, leader, output);
  };

  async function start({ output, ...params }: SpawnParams): Promise<{ leader: Leader; output: SessionOutput }> {
    if (output.kind === "pipes") {
      return { leader: await spawnWithPipes({ ...params, output }), output: pipeOutput(deps, output) };
    }
    const onChange = (): void => tell(params.session, deps.onTerminalChanged);
    const onTyped = (): void => tell(params.session, deps.onTyped);
    const ptyParams = { ...params, output };
    const { leader, terminal } = openTerminal({ ...deps, onChange, onTyped }, ptyParams, (events) =>
      spawnWithPty(deps.clock, ptyParams, events),
    );
    return { leader, output: terminalOutput(terminal) };
  }

  function tell(id: string, listener: (report: LiveSession) => void): void {
    const session = sessions.get(id);
    if (session === undefined || session instanceof Promise) return;
    const report = session.report();
    if (report.status === "live") listener(report);
  }

  async function get(id: string): Promise<Session> {
    const session = await sessions.get(id);
    if (session === undefined) throw new OrchastrationError("SessionNotFound", `There is no session ${id}.`);
    return session;
  }

  const outputOfAdopted = ({ output, directory }: AdoptParams): SessionOutput =>
    output.kind === "pipes" ? pipeOutput(deps, output) : orphanedOutput(directory);

  return {
    async spawn(params) {
      const session = await hold(params.session, params.directory, async () => {
        if (isDraining) throw draining();
        const begin = { startedAt: clock.now(), startedMonotonicMs: clock.monotonicMs(), stopReason: null };
        return follow(params, begin, await start(params));
      });
      if (session === undefined) throw new OrchastrationError("SessionNotFound", `Session ${params.session} is gone.`);
      return session.report();
    },
    async adopt(params) {
      const session = await hold(params.session, params.directory, async () => {
        const leader = await findLeader(deps, params);
        const startedAt = Date.parse(params.startedAt);
        // The monotonic clock of another process or before a reboot says nothing here: its moment is reckoned back from the wall clock.
        const startedMonotonicMs = clock.monotonicMs() - Math.max(0, clock.now() - startedAt);
        const begin = { startedAt, startedMonotonicMs, stopReason: params.stopReason };
        return leader && follow(params, begin, { leader, output: outputOfAdopted(params) });
      });
      return session?.report() ?? { status: "gone" };
    },
    list: () => held().map((session) => session.report()),
    async stop(id, reason, graceMs) {
      const session = await get(id);
      session.stop(reason, graceMs);
      return session.report();
    },
    async signal(id, signal) {
      if (!isSignal(signal)) throw new OrchastrationError("InvalidParams", `This system has no signal ${signal}.`);
      (await get(id)).signal(signal);
    },
    async terminalOf(id) {
      const session = await get(id);
      if (session.terminal !== null) return session.terminal;
      throw session.report().status === "live"
        ? new OrchastrationError("NoTerminal", `Session ${id} has no terminal.`)
        : new OrchastrationError("SessionNotLive", `Session ${id} has ended.`);
    },
    async acknowledge(id) {
      const session = await sessions.get(id);
      if (session === undefined || !(await session.forget())) return;
      sessions.delete(id);
      deps.onChange();
    },
    endElsewhere({ session, process: leader, hasTerminal, graceMs }) {
      const endSignals: EndSignals = hasTerminal ? TERMINAL_END_SIGNALS : PIPE_END_SIGNALS;
      return climbLadder(deps, { session, leader }, graceMs, () => {}, endSignals).ended;
    },
    drain() {
      isDraining = true;
      deps.onChange();
    },
    get isDraining() {
      return isDraining;
    },
    get unsettled() {
      return [...sessions.values()].filter((session) => session instanceof Promise || !session.isSettled()).length;
    },
  };
}

type Start = Pick<SessionTerms, "startedAt" | "startedMonotonicMs" | "stopReason">;

function isSignal(name: string): name is NodeJS.Signals {
  return Object.hasOwn(constants.signals, name);
}

function draining(): OrchastrationError {
  return new OrchastrationError("SupervisorUnavailable", "This supervisor accepts no further sessions.", {
    hint: "Start another one; this one ends with its last session.",
  });
}
