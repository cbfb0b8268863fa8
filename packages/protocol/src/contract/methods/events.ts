import { z } from "zod";
import { defineMethods } from "../define.ts";

const eventFilter = z.object({
  entities: z
    .array(z.string())
    .max(1_000)
    .optional()
    .describe("Only events of these entities, e.g. `run:7k3m9q2x5r8t`."),
  names: z
    .array(z.string())
    .max(100)
    .optional()
    .describe("Only events of these names; `run.*` stands for every name with that prefix."),
});

export const eventsMethods = defineMethods({
  "events.subscribe": {
    summary:
      "Receive committed events as `event` notifications. With `since`, first those after that seq from the log.",
    since: "0.1.0",
    params: z.object({
      since: z
        .int()
        .optional()
        .describe("Seq of the last event the reader has, 0 to the head; absent: only events to come."),
      filter: eventFilter.optional(),
    }),
    result: z.object({ subscriptionId: z.string(), headSeq: z.int().min(0) }),
    errors: ["InvalidSeq", "LimitExceeded"],
    example: {
      params: { since: 12, filter: { names: ["run.*"] } },
      result: { subscriptionId: "s1", headSeq: 17 },
    },
  },
  "events.unsubscribe": {
    summary: "End a subscription. No notification of it follows the answer.",
    since: "0.1.0",
    params: z.object({ subscriptionId: z.string() }),
    result: z.object({}),
    errors: ["SubscriptionNotFound"],
    example: { params: { subscriptionId: "s1" }, result: {} },
  },
});
