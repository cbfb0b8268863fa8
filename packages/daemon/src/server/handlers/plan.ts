import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";

export function planHandlers({ planning }: Services) {
  return {
    "plan.list": (params) => planning.list(params),
    "plan.status": (params) => planning.status(params),
    "plan.create": (params, { connection }) => planning.create(params, connection.actor),
    "build.run": (params, { connection }) => planning.build(params, connection.actor),
    "doc.generate": (params, { connection }) => planning.document(params, connection.actor),
  } satisfies Partial<HandlerMap>;
}
