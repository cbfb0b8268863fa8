import type { z } from "zod";
import { ERRORS, type ErrorDefinition } from "../errors.ts";
import { VERSION } from "../version.ts";
import type { MethodDefinition } from "./define.ts";
import * as entities from "./entities.ts";
import { events, notifications } from "./events.ts";
import { createSchemaCollection } from "./json-schemas.ts";
import { methods } from "./methods/index.ts";
import type { OpenRpcDocument, OpenRpcExample, OpenRpcMethod } from "./openrpc-document.ts";

export interface Contract {
  readonly methods: Readonly<Record<string, MethodDefinition>>;
  readonly errors: Readonly<Record<string, ErrorDefinition>>;
  readonly notifications: Readonly<Record<string, { readonly summary: string; readonly params: z.ZodObject }>>;
  readonly events: Readonly<Record<string, z.ZodObject>>;
  readonly version: string;
}

const DESCRIPTION =
  "JSON-RPC 2.0 on the daemon's socket, one message per line or behind Content-Length headers. `initialize` comes first. " +
  "Parameters are given by name. Every method may also answer the errors with a code below zero, NotInitialized, and LimitExceeded. " +
  "Objects may get further members in a later version.";

/** Schemas that stand under their own name, not wherever they are used. */
const NAMED_SCHEMAS = {
  Actor: entities.actor,
  ConfigProblem: entities.configProblem,
  Context: entities.context,
  Exit: entities.exit,
  OutputSummary: entities.outputSummary,
  ProcessIdentity: entities.processIdentity,
  Run: entities.run,
  RunState: entities.runState,
  Timestamp: entities.timestamp,
};

let ours: OpenRpcDocument | undefined;

/** The document of this build, made when it is first asked for. */
export function openRpc(): OpenRpcDocument {
  ours ??= buildOpenRpc({ methods, errors: ERRORS, notifications, events, version: VERSION });
  return ours;
}

export function buildOpenRpc(contract: Contract): OpenRpcDocument {
  const schemas = createSchemaCollection(NAMED_SCHEMAS);
  const describeMethod = (name: string, method: MethodDefinition): OpenRpcMethod => ({
    name,
    summary: method.summary,
    paramStructure: "by-name",
    params: schemas.members(method.params),
    result: { name: "result", required: true, schema: schemas.convert(method.result) },
    errors: method.errors.map((kind) => ({ $ref: `#/components/errors/${kind}` })),
    examples: [exampleOf(name, method)],
    "x-since": method.since,
    "x-long": method.isLong ?? false,
  });
  return {
    openrpc: "1.3.2",
    info: {
      title: "orchastration",
      version: contract.version,
      description: DESCRIPTION,
      license: { name: "AGPL-3.0-only" },
    },
    methods: Object.entries(contract.methods).map(([name, method]) => describeMethod(name, method)),
    "x-notifications": Object.entries(contract.notifications).map(([name, { summary, params }]) => ({
      name,
      summary,
      params: schemas.members(params),
    })),
    "x-events": mapValues(contract.events, (payload) => schemas.convert(payload)),
    components: {
      schemas: schemas.named(),
      errors: mapValues(contract.errors, ({ code, meaning, hint, isRetryable }, kind) => ({
        code,
        message: meaning,
        data: { kind, hint, retryable: isRetryable },
      })),
    },
  };
}

function exampleOf(name: string, { example }: MethodDefinition): OpenRpcExample {
  return {
    name,
    params: Object.entries(example.params).map(([member, value]) => ({ name: member, value })),
    result: { name: "result", value: example.result },
  };
}

function mapValues<V, W>(record: Readonly<Record<string, V>>, map: (value: V, key: string) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
