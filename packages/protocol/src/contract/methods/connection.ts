import { z } from "zod";
import { defineMethods } from "../define.ts";

const versionRange = z.object({ min: z.int().positive(), max: z.int().positive() });

/** What a connection may exceed only by being refused. Sizes in bytes. */
const limits = z.object({
  inboundMessageBytes: z.int(),
  outboundMessageBytes: z.int(),
  requestsInFlight: z.int(),
  subscriptions: z.int(),
});

export const connectionMethods = defineMethods({
  initialize: {
    summary: "Agree on a protocol version. The first message of every connection.",
    since: "0.1.0",
    params: z.object({
      protocolVersion: versionRange,
      clientInfo: z.object({
        name: z.string().max(128),
        version: z.string().max(64),
        actor: z
          .enum(["person", "agent", "editor"])
          .optional()
          .describe("Who acts through this client; recorded as the actor of what it asks for."),
        token: z
          .string()
          .max(256)
          .optional()
          .describe(
            "What an agent found in ORCHASTRATION_TOKEN: it may then say of its own task how that stands, and nothing else.",
          ),
      }),
      capabilities: z.record(z.string(), z.unknown()).optional(),
    }),
    result: z.object({
      protocolVersion: z.int().positive(),
      serverInfo: z.object({ name: z.string(), version: z.string(), pid: z.int() }),
      capabilities: z.record(z.string(), z.unknown()),
      limits,
      headSeq: z.int().min(0),
    }),
    errors: ["ProtocolVersionUnsupported", "InvalidRequest", "NotAllowed"],
    example: {
      params: { protocolVersion: { min: 1, max: 1 }, clientInfo: { name: "example", version: "1.0.0" } },
      result: {
        protocolVersion: 1,
        serverInfo: { name: "orchastration", version: "0.1.0", pid: 4242 },
        capabilities: {},
        limits: {
          inboundMessageBytes: 1_048_576,
          outboundMessageBytes: 16_777_216,
          requestsInFlight: 1_000,
          subscriptions: 1_000,
        },
        headSeq: 17,
      },
    },
  },
  ping: {
    summary: "Answer at once. Allowed before `initialize`.",
    since: "0.1.0",
    params: z.object({}),
    result: z.object({}),
    errors: [],
    example: { params: {}, result: {} },
  },
  "rpc.discover": {
    summary: "The OpenRPC document of this protocol. Allowed before `initialize`.",
    since: "0.1.0",
    params: z.object({}),
    result: z.object({ openrpc: z.string() }).loose(),
    errors: [],
    example: { params: {}, result: { openrpc: "1.3.2" } },
  },
});
