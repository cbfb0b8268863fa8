import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";

export function daemonHandlers({ daemon, doctor }: Services) {
  return {
    "daemon.status": () => daemon.status(),
    "daemon.stop": ({ endSessions = false }, { connection }) => daemon.stop({ endSessions }, connection.actor),
    "daemon.restart": () => daemon.restart(),
    "doctor.check": (params) => doctor.check(params),
  } satisfies Partial<HandlerMap>;
}
