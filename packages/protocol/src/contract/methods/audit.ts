import { z } from "zod";
import { defineMethods } from "../define.ts";
import { context, runReference } from "../entities.ts";
import { taskReference } from "../task.ts";
import { exampleContext } from "./examples.ts";

const seq = z.int().positive();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** An event exactly as it is stored. `entry` is the text that is hashed: SHA-256(hash of the event before as 32 bytes, entry as UTF-8). */
const storedEntry = z.object({ seq, entry: z.string(), hash });

const difference = z.object({
  seq: z.int().min(0).describe("The event at which it was noticed."),
  reason: z.string(),
});

const exampleHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const exampleEntry = {
  seq: 1,
  entry:
    '{"seq":1,"id":"0c2dk3mf0w1x","at":"2026-11-01T09:15:00.000Z","actor":{"kind":"daemon","name":"orchastration"},"entity":"daemon","name":"daemon.started","payload":{"pid":4242,"version":"0.1.0"}}',
  hash: exampleHash,
};

export const auditMethods = defineMethods({
  "audit.show": {
    summary: "Events exactly as they are stored, oldest first.",
    since: "0.2.0",
    params: z.object({
      entity: z.string().max(300).optional().describe("Only events of this entity, e.g. `run:7k3m9q2x5r8t`."),
      includesRuns: z.boolean().optional().describe("Of a task (`task:<id>`) also the events of its runs."),
      since: z
        .int()
        .min(0)
        .optional()
        .describe("Only events after this one; absent: the newest `limit`, with an entity its first."),
      limit: z.int().min(1).max(1_000).optional().describe("Default: 50. Very long events make it fewer."),
    }),
    result: z.object({ events: z.array(storedEntry), headSeq: z.int().min(0) }),
    errors: [],
    example: { params: { since: 0, limit: 1 }, result: { events: [exampleEntry], headSeq: 17 } },
  },
  "audit.verify": {
    summary: "Recompute the chain, and compare runs, signed heads and outputs with it, up to the first difference.",
    since: "0.2.0",
    params: z.object({
      from: seq.optional().describe("The first event to look at; what lies before is believed. Default: 1."),
      to: seq.optional().describe("The last one. Default: the newest."),
      wantsProgress: z
        .boolean()
        .optional()
        .describe("Send `$/progress` with `{eventsDone, eventsTotal, outputsDone}`."),
    }),
    result: z.object({
      from: seq,
      to: z.int().min(0),
      events: z.int().min(0),
      heads: z.int().min(0).describe("Signed heads that fit."),
      outputs: z.int().min(0).describe("Outputs whose digest is the recorded one."),
      outputsGone: z.int().min(0).describe("Outputs that retention dropped, or of which no digest was recorded."),
      difference: difference.nullable().describe("Null: everything is as it was recorded."),
    }),
    errors: ["InvalidSeq", "RequestCancelled", "DaemonStopping"],
    isLong: true,
    example: {
      params: { from: 1 },
      result: { from: 1, to: 17, events: 17, heads: 1, outputs: 6, outputsGone: 0, difference: null },
    },
  },
  "audit.key": {
    summary: "The public key with which this instance signs. It is made when it is first asked for.",
    since: "0.2.0",
    params: z.object({}),
    result: z.object({
      publicKey: z.string().describe("Ed25519, PEM."),
      keyId: hash.describe("SHA-256 of the key as DER."),
    }),
    errors: ["AuditUnusable", "StateUnavailable"],
    example: {
      params: {},
      result: {
        publicKey:
          "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
        keyId: exampleHash,
      },
    },
  },
  "audit.export": {
    summary:
      "What the log says of a run, or of a task and its runs, signed, as a text that a stranger can check (docs/audit.md).",
    since: "0.2.0",
    params: z.object({
      context,
      run: runReference.optional().describe("The number and slug of a task (`3-login`) mean the task."),
      task: taskReference.optional().describe("Instead of `run`. Also the id of a task that has been removed."),
      isWhole: z
        .boolean()
        .optional()
        .describe("With the events of others that lie between, so that nothing between can have been left out."),
      through: seq.optional().describe("Whole, and on to this event: for whoever holds a signed head of it."),
    }),
    result: z.object({
      export: z.string(),
      headSeq: seq,
      othersEvents: z.int().min(0).describe("Events of other runs and of the daemon that are in it."),
    }),
    errors: [
      "RunNotFound",
      "AmbiguousRun",
      "TaskNotFound",
      "ConfigInvalid",
      "InvalidSeq",
      "ExportTooLarge",
      "AuditUnusable",
      "StateUnavailable",
    ],
    example: {
      params: { context: exampleContext, run: "7k3m" },
      result: {
        export:
          '{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"keyid":"","sig":""}]}\n',
        headSeq: 5,
        othersEvents: 0,
      },
    },
  },
  "audit.checkExport": {
    summary:
      "Check an export against a public key: signature, chain, head, and that the statement says what the events say.",
    since: "0.2.0",
    params: z.object({
      file: z.string().min(1).describe("Absolute path."),
      keyFile: z.string().min(1).optional().describe("The public key, PEM; absent: this instance's own."),
      headFile: z
        .string()
        .min(1)
        .optional()
        .describe("A signed head that was handed over earlier: the export must show the chain where it stood then."),
    }),
    result: z.object({
      holds: z
        .object({
          entity: z.string(),
          headSeq: seq,
          headHash: hash,
          events: z.int().min(0),
          eventsLeftOut: z.int().min(0),
          subjects: z.array(
            z.object({ name: z.string(), algorithm: z.enum(["sha256", "gitCommit"]), digest: z.string() }),
          ),
        })
        .nullable(),
      flaw: z.string().nullable().describe("Why it does not hold; null when it does."),
    }),
    errors: ["FileUnreadable", "AuditUnusable", "StateUnavailable"],
    example: {
      params: { file: "/home/ada/project/sample.dsse.json" },
      result: {
        holds: {
          entity: "run:7k3m9q2x5r8t",
          headSeq: 5,
          headHash: exampleHash,
          events: 4,
          eventsLeftOut: 1,
          subjects: [{ name: "stdout", algorithm: "sha256", digest: exampleHash }],
        },
        flaw: null,
      },
    },
  },
});
