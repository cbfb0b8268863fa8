import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";
import { auditHandlers } from "./audit.ts";
import { configHandlers } from "./config.ts";
import { daemonHandlers } from "./daemon.ts";
import { gitHandlers } from "./git.ts";
import { hashHandlers } from "./hash.ts";
import { jobHandlers } from "./job.ts";
import { orchestrationHandlers } from "./orchestration.ts";
import { planHandlers } from "./plan.ts";
import { runHandlers } from "./run.ts";
import { sessionHandlers } from "./session.ts";
import { taskHandlers } from "./task.ts";
import { trustHandlers } from "./trust.ts";

/** A handler for every method of the contract; a missing one does not compile. */
export function createHandlers(services: Services): HandlerMap {
  return {
    ...jobHandlers(services),
    ...runHandlers(services),
    ...sessionHandlers(services),
    ...taskHandlers(services),
    ...orchestrationHandlers(services),
    ...planHandlers(services),
    ...gitHandlers(services),
    ...hashHandlers(services),
    ...configHandlers(services),
    ...trustHandlers(services),
    ...auditHandlers(services),
    ...daemonHandlers(services),
  };
}
