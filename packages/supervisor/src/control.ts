import { agreeOnVersion, OrchastrationError, SUPERVISOR_PROTOCOL_VERSIONS, VERSION } from "@orchastration/protocol";
import { STREAM_VERSIONS } from "@orchastration/protocol/stream";
import type { SupervisorMethod, SupervisorMethods } from "@orchastration/protocol/supervisor";
import type { Sessions } from "./sessions.ts";

type Handlers = {
  readonly [M in SupervisorMethod]: (
    params: SupervisorMethods[M]["params"],
  ) => SupervisorMethods[M]["result"] | Promise<SupervisorMethods[M]["result"]>;
};

/** Answers the methods of one connection. `onInitialized` is called when the two ends have agreed on a version. */
export function createControl(id: string, sessions: Sessions, onInitialized: () => void) {
  let isInitialized = false;

  const handlers: Handlers = {
    initialize({ protocolVersion: theirs }) {
      const protocolVersion = agreeOnVersion(SUPERVISOR_PROTOCOL_VERSIONS, theirs);
      if (protocolVersion === undefined) throw versionUnsupported(theirs);
      isInitialized = true;
      onInitialized();
      return { protocolVersion, id, pid: process.pid, version: VERSION, streamVersions: STREAM_VERSIONS };
    },
    "session.spawn": async (params) => ({ report: await sessions.spawn(params) }),
    "session.adopt": async (params) => ({ report: await sessions.adopt(params) }),
    "session.list": () => ({ sessions: sessions.list() }),
    "session.stop": async ({ session, reason, graceMs }) => ({ report: await sessions.stop(session, reason, graceMs) }),
    async "session.write"({ session, data, unlessControlled = false, askedBefore = Infinity }) {
      const terminal = await sessions.terminalOf(session);
      return { isWritten: terminal.write(Buffer.from(data, "base64"), { unlessControlled, askedBefore }) };
    },
    async "session.resize"({ session, cols, rows }) {
      const terminal = await sessions.terminalOf(session);
      terminal.resize({ cols, rows });
      return { terminal: terminal.facts() };
    },
    async "session.signal"({ session, signal }) {
      await sessions.signal(session, signal);
      return {};
    },
    async "session.takeControl"({ session, attachment }) {
      const terminal = await sessions.terminalOf(session);
      terminal.takeControl(attachment);
      return { terminal: terminal.facts() };
    },
    async "session.tell"({ session, title, body }) {
      (await sessions.terminalOf(session)).tell({ kind: "news", title, body });
      return {};
    },
    "session.endElsewhere": async (params) => ({ survivors: await sessions.endElsewhere(params) }),
    async "session.acknowledge"({ session }) {
      await sessions.acknowledge(session);
      return {};
    },
    "supervisor.drain"() {
      sessions.drain();
      return { sessions: sessions.list().length };
    },
  };

  return (method: string, params: unknown): unknown => {
    if (!isSupervisorMethod(handlers, method)) {
      throw new OrchastrationError("MethodNotFound", `A supervisor has no method ${method}.`);
    }
    if (!isInitialized && method !== "initialize") {
      throw new OrchastrationError("NotInitialized", `${method} was called before initialize.`);
    }
    // Both ends are ours and of one version: the contract's types hold without schemas.
    const handler = handlers[method] as (params: unknown) => unknown;
    return handler(params);
  };
}

function isSupervisorMethod(handlers: Handlers, method: string): method is SupervisorMethod {
  return Object.hasOwn(handlers, method);
}

function versionUnsupported(theirs: { readonly min: number; readonly max: number }): OrchastrationError {
  const { min, max } = SUPERVISOR_PROTOCOL_VERSIONS;
  return new OrchastrationError(
    "ProtocolVersionUnsupported",
    `This supervisor (orchastration ${VERSION}) speaks versions ${min} to ${max}, the daemon ${theirs.min} to ${theirs.max}.`,
    { hint: "Its sessions go on to their end. A daemon of its version can hold them." },
  );
}
