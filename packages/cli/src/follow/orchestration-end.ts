import type { ResilientClient } from "@orchastration/client";
import { entityOfOrchestration } from "@orchastration/protocol";
import type { EventNotification, Orchestration } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";

/** Answers with an orchestration as it has ended, and tells of each of its events on the way there. */
export async function untilOrchestrationEnded(
  { caller }: Pick<Context, "caller">,
  client: Pick<ResilientClient, "call" | "subscribe">,
  { id, eventSeq, state }: Orchestration,
  onEvent: (event: EventNotification) => void = () => {},
): Promise<Orchestration> {
  if (state.status === "running" || state.status === "stopping") {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const subscription = await client.subscribe(
      { since: eventSeq, filter: { entities: [entityOfOrchestration(id)], names: ["orchestration.*"] } },
      (event) => {
        onEvent(event);
        if (event.name === "orchestration.ended") resolve();
      },
    );
    // Rejects when no further event will come; it never resolves before we unsubscribe.
    await Promise.race([ended, subscription.ended]);
  }
  return (await client.call("orchestration.get", { context: caller, orchestration: id })).orchestration;
}
