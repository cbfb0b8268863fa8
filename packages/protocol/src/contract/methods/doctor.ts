import { z } from "zod";
import { defineMethods } from "../define.ts";
import { context } from "../entities.ts";
import { exampleContext } from "./examples.ts";

export const finding = z.object({
  check: z.string(),
  status: z.enum(["ok", "warning", "error"]),
  message: z.string(),
  hint: z.string().nullable().describe("What to do about it; null when nothing is to be done."),
});

export type Finding = z.infer<typeof finding>;

export const doctorMethods = defineMethods({
  "doctor.check": {
    summary: "Check state directory, sockets, registry, event chain, records and programs.",
    since: "0.1.0",
    params: z.object({
      context,
      rewriteRecords: z.boolean().optional().describe("Write every JSON record again from the registry."),
      repair: z.boolean().optional().describe("First mend what can be mended without losing anything or guessing."),
    }),
    result: z.object({
      findings: z.array(finding),
      rewrittenRecords: z.int().min(0),
      repaired: z.array(z.string()).describe("What was mended, a sentence each."),
    }),
    errors: ["StateUnavailable"],
    example: {
      params: { context: exampleContext },
      result: {
        findings: [{ check: "event chain", status: "ok", message: "17 events verified", hint: null }],
        rewrittenRecords: 0,
        repaired: [],
      },
    },
  },
});
