export type { Exit, ProcessIdentity, StopReason } from "../contract/entities.ts";
export * from "./methods.ts";
