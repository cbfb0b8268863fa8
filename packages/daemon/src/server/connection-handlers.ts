import {
  agreeOnVersion,
  OrchastrationError,
  PROTOCOL_VERSIONS,
  VERSION,
  type VersionRange,
} from "@orchastration/protocol";
import { openRpc, type Result } from "@orchastration/protocol/contract";
import { MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES } from "@orchastration/protocol/rpc";
import { MAX_REQUESTS_IN_FLIGHT } from "./connection.ts";
import type { Agents, ConnectionHandlers } from "./dispatcher.ts";
import { MAX_SUBSCRIPTIONS } from "./subscriptions.ts";

const limits: Result<"initialize">["limits"] = {
  inboundMessageBytes: MAX_REQUEST_BYTES,
  outboundMessageBytes: MAX_RESPONSE_BYTES,
  requestsInFlight: MAX_REQUESTS_IN_FLIGHT,
  subscriptions: MAX_SUBSCRIPTIONS,
};

/** @param userName whom the daemon works for: the name of every actor that is no agent with a token of its own */
export function createConnectionHandlers(
  userName: string,
  headSeq: () => number,
  findAgent: Agents["find"],
): ConnectionHandlers {
  return {
    initialize({ protocolVersion, clientInfo }, connection) {
      if (connection.facts !== undefined) {
        throw new OrchastrationError("InvalidRequest", "This connection is initialized already.");
      }
      const { name, version, actor = "person", token } = clientInfo;
      const agreed = agree(protocolVersion, `${name} ${version}`);
      const agent = token === undefined ? undefined : requireAgent(token, findAgent);
      connection.facts = {
        id: connection.id,
        actor: agent === undefined ? { kind: actor, name: userName } : { kind: "agent", name: agent.agent },
        ownTask: agent?.task ?? null,
        clientInfo: { name, version },
      };
      return {
        protocolVersion: agreed,
        serverInfo: { name: "orchastration", version: VERSION, pid: process.pid },
        capabilities: {},
        limits,
        headSeq: headSeq(),
      };
    },
    ping: () => ({}),
    "rpc.discover": () => ({ ...openRpc() }),
    "events.subscribe": (params, { subscriptions }) => subscriptions.subscribe(params),
    "events.unsubscribe"({ subscriptionId }, { subscriptions }) {
      subscriptions.unsubscribe(subscriptionId);
      return {};
    },
  };
}

function requireAgent(token: string, findAgent: Agents["find"]): { readonly task: string; readonly agent: string } {
  const agent = findAgent(token);
  if (agent !== undefined) return agent;
  throw new OrchastrationError("NotAllowed", "this token belongs to no task of this daemon", {
    hint: "Its task may have been removed. A person works without ORCHASTRATION_TOKEN in the environment.",
  });
}

function agree(theirs: VersionRange, client: string): number {
  const version = agreeOnVersion(PROTOCOL_VERSIONS, theirs);
  if (version !== undefined) return version;
  throw new OrchastrationError(
    "ProtocolVersionUnsupported",
    `The daemon (orchastration ${VERSION}) speaks protocol ${format(PROTOCOL_VERSIONS)}, and ${client} speaks ${format(theirs)}.`,
    { details: { daemon: PROTOCOL_VERSIONS, client: theirs, daemonVersion: VERSION } },
  );
}

function format({ min, max }: VersionRange): string {
  return min === max ? `version ${min}` : `versions ${min} to ${max}`;
}
