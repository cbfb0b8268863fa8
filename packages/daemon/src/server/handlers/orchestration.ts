import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";

export function orchestrationHandlers({ orchestrations }: Services) {
  return {
    "orchestration.list": (params) => orchestrations.list(params),
    "orchestration.run": async (params, { connection }) => ({
      orchestration: await orchestrations.run(params, connection.actor),
    }),
    "orchestration.get": async (params) => ({ orchestration: await orchestrations.get(params) }),
    "orchestration.stop": async (params, { connection }) => ({
      orchestration: await orchestrations.stop(params, connection.actor),
    }),
  } satisfies Partial<HandlerMap>;
}
