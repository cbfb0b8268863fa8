import { resolve } from "node:path";
import type { AgentRole } from "@orchastration/protocol/contract";
import type { Origin } from "./layers.ts";
import type { Argv, Settings } from "./schema.ts";

/** Whose definition it is: the person's, or that of a repository, named by the canonical path of its main worktree. */
export type Scope = { readonly kind: "global" } | { readonly kind: "repository"; readonly root: string };

interface Definition {
  readonly name: string;
  readonly description: string;
  readonly scope: Scope;
  readonly origin: Origin;
}

interface Scheduled {
  /** Joins the limit of `limits.groups.<group>`. */
  readonly group: string | null;
  /** Higher starts first. */
  readonly priority: number;
}

export interface JobDefinition extends Definition, Scheduled {
  readonly argv: Argv;
  /** As written; `resolveWorkingDir` makes it absolute. */
  readonly workingDir: string;
  /** null: none. */
  readonly timeoutMs: number | null;
  readonly env: Readonly<Record<string, string>>;
  readonly isTty: boolean;
  /** Files the job makes, relative to its working directory. */
  readonly outputs: readonly string[];
}

export interface TaskDefinition extends Definition {
  readonly repo: "orchastration" | "external";
  readonly argv: Argv;
  /** Absolute. */
  readonly workingDir: string;
  /** Files, as all of these relative to the working directory or absolute. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly documents: readonly string[];
  readonly status: "planned" | "in_progress" | "done";
}

export interface AgentDefinition extends Omit<Definition, "description">, Scheduled {
  readonly argv: Argv;
  /** Continues an earlier conversation; null: as is known of its program, if anything is. */
  readonly resumeArgv: Argv | null;
  /** How the agent is told what to do. */
  readonly prompt: "argv" | "stdin" | "none";
  readonly onExit: "stop" | "complete";
}

export interface OrchestrationDefinition extends Definition {
  /** One after the other; the roles of one step work side by side. */
  readonly steps: readonly (readonly AgentRole[])[];
}

/** Everything in force for one request. Where a limit may be absent, null means none. */
export interface Config {
  readonly jobs: ReadonlyMap<string, JobDefinition>;
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  readonly agents: ReadonlyMap<string, AgentDefinition>;
  readonly orchestrations: ReadonlyMap<string, OrchestrationDefinition>;
  readonly logging: { readonly level: Settings["logging"]["level"] };
  readonly hash: { readonly algorithm: Settings["hash"]["algorithm"] };
  readonly daemon: {
    /** null: the daemon stays. */
    readonly idleExitMs: number | null;
    readonly stopGraceMs: number;
    /** Patterns of the names that children get of the asking client's environment. */
    readonly environment: readonly string[];
  };
  readonly limits: {
    readonly concurrency: number | null;
    readonly groups: ReadonlyMap<string, { readonly concurrency: number | null }>;
  };
  readonly idle: { readonly timeoutMs: number; readonly dwellMs: number };
  readonly attach: { readonly detachKeys: string };
  readonly confirm: { readonly isYesDefault: boolean };
  readonly worktrees: {
    /** null: `.orchastration/worktrees` in the repository. A relative one is relative to the repository. */
    readonly root: string | null;
    readonly include: readonly string[];
    readonly setup: Argv | null;
  };
  readonly merge: {
    readonly strategy: Settings["merge"]["strategy"];
    /** Branches into which nothing is merged. */
    readonly protected: readonly string[];
  };
  readonly journal: {
    readonly segmentBytes: number;
    readonly sessionBytes: number | null;
    readonly totalBytes: number | null;
    readonly retentionMs: number | null;
  };
  readonly supervisor: { readonly maxSessions: number };
  readonly notify: { readonly on: readonly Settings["notify"]["on"][number][]; readonly command: Argv | null };
  readonly database: { readonly busyTimeoutMs: number; readonly synchronous: "FULL" | "NORMAL" };
}

/** A relative working directory counts from the repository for its own jobs, and from the caller's directory for global ones. */
export function resolveWorkingDir(job: Pick<JobDefinition, "workingDir" | "scope">, callerDirectory: string): string {
  return resolve(job.scope.kind === "repository" ? job.scope.root : callerDirectory, job.workingDir);
}
