import type { z } from "zod";
import type { ErrorKind } from "../errors.ts";

/** One method of the protocol. Types, validation, handlers, documentation and OpenRPC are all derived from this record. */
export interface MethodDefinition {
  readonly summary: string;
  /** Version of the program that introduced the method. */
  readonly since: string;
  readonly params: z.ZodObject;
  readonly result: z.ZodObject;
  /** Kinds the method answers beyond those any method may answer (InvalidParams, NotInitialized, InternalError, ...). */
  readonly errors: readonly ErrorKind[];
  /** Stays open until its work is done, sends progress, and obeys $/cancelRequest. */
  readonly isLong?: true;
  readonly example: { readonly params: Record<string, unknown>; readonly result: Record<string, unknown> };
}

export function defineMethods<const M extends Record<string, MethodDefinition>>(methods: M): M {
  return methods;
}
