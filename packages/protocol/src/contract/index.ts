import type { z } from "zod";
import type { methods } from "./methods/index.ts";

export * from "./define.ts";
export * from "./documents.ts";
export * from "./entities.ts";
export * from "./events.ts";
export * from "./job-record-document.ts";
export { createSchemaCollection } from "./json-schemas.ts";
export type { AgentView, RoleView } from "./methods/agent.ts";
export type { Finding } from "./methods/doctor.ts";
export { type HashAlgorithm, type HashOutcome, hashAlgorithm } from "./methods/hash.ts";
export { methods } from "./methods/index.ts";
export type { OrchestrationView } from "./methods/orchestration.ts";
export type { PlanView } from "./methods/plan.ts";
export type { Difference, JobStatistics, SearchHit } from "./methods/run.ts";
export type { Session, Snapshot } from "./methods/session.ts";
export type { GcItem } from "./methods/task-merge.ts";
export type { TaskView } from "./methods/task-view.ts";
export { buildOpenRpc, openRpc } from "./openrpc.ts";
export type * from "./openrpc-document.ts";
export * from "./orchestration.ts";
export type { OrchestrationRecord } from "./orchestration-documents.ts";
export * from "./plan.ts";
export type { TaskRecord, TaskRunRecord } from "./plan-documents.ts";
export * from "./task.ts";

export type Methods = typeof methods;
export type MethodName = keyof Methods;
/** Parameters as a caller writes them. */
export type Params<M extends MethodName> = z.input<Methods[M]["params"]>;
/** Results as a caller reads them. */
export type Result<M extends MethodName> = z.output<Methods[M]["result"]>;
