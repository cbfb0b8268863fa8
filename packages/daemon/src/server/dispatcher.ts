import { OrchastrationError } from "@orchastration/protocol";
import {
  type Actor,
  type MethodDefinition,
  type MethodName,
  type Methods,
  methods,
  type Params,
  type Result,
} from "@orchastration/protocol/contract";
import type { IncomingCall } from "@orchastration/protocol/rpc";
import type { z } from "zod";
import { issuesOf } from "./issues.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** Who is at the other end of an initialized connection. */
export interface ConnectionFacts {
  readonly id: string;
  readonly actor: Actor;
  /** Id of the one task that an agent with a token may speak of; null: anything. */
  readonly ownTask: string | null;
  readonly clientInfo: { readonly name: string; readonly version: string };
}

/** The request a handler answers. */
export interface Call {
  readonly connection: ConnectionFacts;
  /** Aborted when the caller cancels or is gone; its reason is the error to answer with. */
  readonly signal: AbortSignal;
  progress(value: Record<string, unknown>): void;
}

/** What the server keeps for one connection. */
export interface Connection {
  readonly id: string;
  /** Set by `initialize`. */
  facts: ConnectionFacts | undefined;
  readonly subscriptions: Subscriptions;
}

/** Methods about the connection itself: the server's own. */
export type ConnectionMethod = "initialize" | "ping" | "rpc.discover" | "events.subscribe" | "events.unsubscribe";

type Handler<M extends MethodName, C> = (
  params: z.output<Methods[M]["params"]>,
  call: C,
) => Result<M> | Promise<Result<M>>;

/**
 * A handler for every other method of the contract. The answer is written before the events of its changes when the handler returns in the
 * macrotask in which its commit was confirmed.
 */
export type HandlerMap = { readonly [M in Exclude<MethodName, ConnectionMethod>]: Handler<M, Call> };
export type ConnectionHandlers = { readonly [M in ConnectionMethod]: Handler<M, Connection> };

export type Dispatch = (method: string, params: unknown, call: IncomingCall, connection: Connection) => unknown;

/** What a token is good for. */
export interface Agents {
  /** Who shows a token; undefined for one that is none of ours. */
  find(token: string): { readonly task: string; readonly agent: string } | undefined;
  /** @throws OrchastrationError NotAllowed unless the parameters name that task */
  requireOwn(params: Params<"task.get">, task: string): Promise<void>;
}

export interface DispatcherOptions {
  readonly requireOwnTask: Agents["requireOwn"];
  readonly handlers: HandlerMap;
  readonly connectionHandlers: ConnectionHandlers;
  /** For tests: an answer that does not match the contract becomes an InternalError. */
  readonly validateResults?: boolean;
}

/** Enough to correct a request by; a long array can have a mistake in every element. */
const MAX_ISSUES = 20;

/** What an agent with a token may call, of its own task alone. */
const FOR_AGENTS: ReadonlySet<string> = new Set<MethodName>([
  "task.get",
  "task.path",
  "task.idle",
  "task.complete",
  "task.fail",
  "session.setConversation",
]);

const BEFORE_INITIALIZE: ReadonlySet<string> = new Set<MethodName>(["initialize", "ping", "rpc.discover"]);

/** Looks methods up, checks that they may be called now and that their parameters match, and calls their handlers. */
export function createDispatcher(options: DispatcherOptions): Dispatch {
  const { handlers, connectionHandlers, requireOwnTask, validateResults = false } = options;
  const answers = new Map<string, Answer>();
  for (const [name, handler] of Object.entries(handlers)) answers.set(name, forCallers(handler));
  for (const [name, handler] of Object.entries(connectionHandlers)) answers.set(name, forConnections(handler));
  const definitions = new Map<string, MethodDefinition>(Object.entries(methods));

  return (method, params, call, connection) => {
    const definition = definitions.get(method);
    const answer = answers.get(method);
    if (definition === undefined || answer === undefined) {
      throw new OrchastrationError("MethodNotFound", `There is no method ${method}.`);
    }
    if (connection.facts === undefined && !BEFORE_INITIALIZE.has(method)) {
      throw new OrchastrationError("NotInitialized", `${method} was called before initialize.`);
    }
    const valid = validParams(method, definition, params);
    const ownTask = connection.facts?.ownTask ?? null;
    const isFree = ownTask === null || BEFORE_INITIALIZE.has(method);
    if (!isFree && !FOR_AGENTS.has(method)) throw notForAgents(method);
    const result = isFree
      ? answer(valid, call, connection)
      : requireOwnTask(ownParams(valid), ownTask).then(() => answer(valid, call, connection));
    return validateResults ? validResult(method, definition, result) : result;
  };
}

/** Every method that agents may call has these. */
function ownParams(params: unknown): Params<"task.get"> {
  return params as Params<"task.get">;
}

function notForAgents(method: string): OrchastrationError {
  return new OrchastrationError("NotAllowed", `${method} is not for agents`);
}

type Answer = (params: unknown, call: IncomingCall, connection: Connection) => unknown;

// That each handler gets the parameters of its own method is ensured by the maps' types and, at run time, by the schema of the same name.

function forCallers(handler: HandlerMap[keyof HandlerMap]): Answer {
  const handle = handler as (params: unknown, call: Call) => unknown;
  return (params, incoming, { facts }) => {
    if (facts === undefined) throw new Error("A handler was called for a connection that is not initialized.");
    return handle(params, new CallOfConnection(incoming, facts));
  };
}

/** A class, so that the signal stays a getter: it is made for those who ask for it. */
class CallOfConnection implements Call {
  readonly connection: ConnectionFacts;
  readonly progress: Call["progress"];
  readonly #incoming: IncomingCall;

  constructor(incoming: IncomingCall, connection: ConnectionFacts) {
    this.connection = connection;
    this.progress = incoming.progress;
    this.#incoming = incoming;
  }

  get signal(): AbortSignal {
    return this.#incoming.signal;
  }
}

function forConnections(handler: ConnectionHandlers[ConnectionMethod]): Answer {
  const handle = handler as (params: unknown, connection: Connection) => unknown;
  return (params, _incoming, connection) => handle(params, connection);
}

function validParams(method: string, { params }: MethodDefinition, given: unknown): unknown {
  const parsed = params.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = issuesOf(parsed.error).slice(0, MAX_ISSUES);
  const first = issues[0];
  const detail = first === undefined ? "" : `: ${first.path === "" ? "" : `${first.path}: `}${first.message}`;
  throw new OrchastrationError("InvalidParams", `The parameters of ${method} do not match its schema${detail}`, {
    details: { issues },
  });
}

async function validResult(method: string, { result }: MethodDefinition, given: unknown): Promise<unknown> {
  const answer = await given;
  const parsed = result.safeParse(answer);
  if (parsed.success) return answer;
  throw new Error(`The result of ${method} breaks the contract: ${JSON.stringify(issuesOf(parsed.error))}`);
}
