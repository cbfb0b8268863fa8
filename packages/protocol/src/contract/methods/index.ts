import { agentMethods } from "./agent.ts";
import { auditMethods } from "./audit.ts";
import { configMethods } from "./config.ts";
import { connectionMethods } from "./connection.ts";
import { daemonMethods } from "./daemon.ts";
import { doctorMethods } from "./doctor.ts";
import { eventsMethods } from "./events.ts";
import { gitMethods } from "./git.ts";
import { hashMethods } from "./hash.ts";
import { jobMethods } from "./job.ts";
import { orchestrationMethods } from "./orchestration.ts";
import { planMethods } from "./plan.ts";
import { repositoryMethods } from "./repository.ts";
import { runMethods } from "./run.ts";
import { sessionMethods } from "./session.ts";
import { taskMethods } from "./task.ts";
import { taskMergeMethods } from "./task-merge.ts";
import { taskRunMethods } from "./task-run.ts";
import { trustMethods } from "./trust.ts";

/** The whole contract between clients and the daemon. A new method is one entry here and its handler. */
export const methods = {
  ...connectionMethods,
  ...daemonMethods,
  ...jobMethods,
  ...runMethods,
  ...sessionMethods,
  ...repositoryMethods,
  ...taskMethods,
  ...taskRunMethods,
  ...taskMergeMethods,
  ...planMethods,
  ...agentMethods,
  ...orchestrationMethods,
  ...gitMethods,
  ...hashMethods,
  ...configMethods,
  ...trustMethods,
  ...auditMethods,
  ...doctorMethods,
  ...eventsMethods,
};
