import { OrchastrationError } from "@orchastration/protocol";
import type { Params, Result, Run, Session } from "@orchastration/protocol/contract";
import { openJournal } from "@orchastration/protocol/node";
import type { LiveSession, TerminalFacts } from "@orchastration/protocol/supervisor";
import { encodeKey } from "../domain/keys.ts";
import { hasEnded } from "../domain/run-machine.ts";
import type { RegistryReader } from "../registry/registry.ts";
import type { Screens } from "../screens/screens.ts";
import type { SupervisorPool } from "../supervisors/pool.ts";
import type { ActivityService } from "./activity.ts";
import type { LiveRuns } from "./live-runs.ts";
import type { SessionDirectories } from "./session-directories.ts";

type Input<M extends "session.write" | "session.resize" | "session.signal" | "session.takeControl"> = Omit<
  Params<M>,
  "context" | "session"
>;

/** What can be done with the sessions of live runs. All but `list` throw OrchastrationError SessionNotLive, and NoTerminal where one is needed. */
export interface SessionService {
  list(): Promise<Result<"session.list">>;
  attach(run: Run): Promise<Result<"session.attach">>;
  screen(run: Run): Promise<Result<"session.screen">>;
  write(run: Run, input: Input<"session.write">): Promise<Result<"session.write">>;
  resize(run: Run, input: Input<"session.resize">): Promise<Result<"session.resize">>;
  signal(run: Run, input: Input<"session.signal">): Promise<Result<"session.signal">>;
  takeControl(run: Run, input: Input<"session.takeControl">): Promise<Result<"session.takeControl">>;
}

export interface SessionDependencies {
  readonly registry: RegistryReader;
  readonly liveRuns: Pick<LiveRuns, "live">;
  readonly pool: Pick<SupervisorPool, "findLive" | "isSilent" | "ask">;
  readonly screens: Pick<Screens, "read">;
  readonly activity: Pick<ActivityService, "describe" | "measure">;
  readonly sessionDirectories: Pick<SessionDirectories, "pathOf">;
}

type Live = NonNullable<ReturnType<SupervisorPool["findLive"]>>;

export function createSessionService(deps: SessionDependencies): SessionService {
  const { registry, liveRuns, pool, screens, activity, sessionDirectories } = deps;

  function describe(run: Run, { process, startedAt, terminal }: LiveSession): Session {
    const { id, name, repository, argv } = run;
    return {
      id,
      name,
      repository,
      argv: [...argv],
      pid: process.pid,
      startedAt,
      terminal: terminal === null ? null : describeTerminal(id, terminal),
      activity: terminal === null ? null : activity.describe(id),
    };
  }

  /** Supervisors do not tell of output: how much there is stands on the disk. */
  function describeTerminal(id: string, terminal: TerminalFacts): Session["terminal"] {
    const written = openJournal(sessionDirectories.pathOf(id)).endOffset;
    return {
      ...terminal,
      attachments: [...terminal.attachments],
      offset: Math.max(terminal.offset, written),
    };
  }

  function requireLive(run: Run): Live {
    const live = pool.findLive(run.id);
    if (live !== undefined && pool.isSilent(run.id)) throw silent(run);
    if (live !== undefined) return live;
    throw new OrchastrationError("SessionNotLive", `run ${run.id} (${run.name}) ${whyNotLive(run)}`, {
      details: { run: run.id, status: run.state.status },
      ...(run.kind === "agent" && hasEnded(run.state)
        ? {
            hint: `\`orchastration logs ${run.name}\` shows what it put out; \`orchastration start ${run.name}\` starts it again.`,
          }
        : {}),
    });
  }

  function requireTerminal(run: Run): Live {
    const live = requireLive(run);
    if (live.session.terminal !== null) return live;
    const reason = run.isTty ? "lost its terminal when its supervisor died" : "has pipes and no terminal";
    throw new OrchastrationError("NoTerminal", `run ${run.id} (${run.name}) ${reason}`, { details: { run: run.id } });
  }

  return {
    async list() {
      await activity.measure(liveRuns.live().map(({ id }) => id));
      return {
        sessions: liveRuns.live().flatMap(({ id }) => {
          const live = pool.findLive(id);
          const run = registry.runs.find(id);
          return live === undefined || run === undefined ? [] : [describe(run, live.session)];
        }),
      };
    },
    async attach(run) {
      requireTerminal(run);
      const { state, offset, cols, rows } = await screens.read(run.id, "snapshot");
      // Emulating takes a while, in which it may have ended.
      const { session, socket, streamVersion } = requireTerminal(run);
      const snapshot = { offset, cols, rows, data: Buffer.from(state).toString("base64") };
      return { session: describe(run, session), endpoint: socket, version: streamVersion, snapshot };
    },
    async screen(run) {
      requireTerminal(run);
      const { lines, ...text } = await screens.read(run.id, "text");
      return { ...text, lines: [...lines] };
    },
    async write(run, { data = "", keys = [] }) {
      requireTerminal(run);
      // Which bytes a key has is up to the program: it is asked of its screen when that has taken all there is.
      const modes = keys.length === 0 ? undefined : (await screens.read(run.id, "snapshot")).keyboard;
      const pressed = modes === undefined ? [] : keys.map((key) => encodeKey(key, modes));
      const bytes = Buffer.concat([Buffer.from(data, "base64"), ...pressed]);
      await pool.ask("session.write", { session: run.id, data: bytes.toString("base64") });
      return {};
    },
    async resize(run, { cols, rows }) {
      const { session } = requireTerminal(run);
      const { terminal } = await pool.ask("session.resize", { session: run.id, cols, rows });
      return { session: describe(run, { ...session, terminal }) };
    },
    async signal(run, { signal }) {
      requireLive(run);
      await pool.ask("session.signal", { session: run.id, signal });
      return {};
    },
    async takeControl(run, { attachment }) {
      const { session } = requireTerminal(run);
      const { terminal } = await pool.ask("session.takeControl", { session: run.id, attachment });
      return { session: describe(run, { ...session, terminal }) };
    },
  };
}

function silent({ id, name }: Run): OrchastrationError {
  return new OrchastrationError("SupervisorUnavailable", `the supervisor of run ${id} (${name}) does not answer`, {
    details: { run: id },
    hint: "`orchastration daemon status` names it. Let it go on, then try again.",
  });
}

function whyNotLive({ state }: Run): string {
  switch (state.status) {
    case "queued":
      return "waits in the queue and has no session yet";
    case "preparing":
      return "is being started and has no session yet";
    case "running":
    case "stopping":
      return "has no session that could be reached at this moment";
    default:
      return "has ended";
  }
}
