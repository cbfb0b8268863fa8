import type {
  Actor,
  AgentRole,
  ContextChanges,
  Orchestration,
  Run,
  StepOutcome,
} from "@orchastration/protocol/contract";
import type { RunOptions } from "../declare-run.ts";

/** What one role is to do. */
export interface Assignment {
  /** With the context as its whole group is given it. */
  readonly orchestration: Orchestration;
  readonly group: number;
  readonly place: number;
  readonly role: AgentRole;
  /** Of whoever asked for the orchestration. */
  readonly request: RunOptions;
  readonly actor: Actor;
}

export interface StepResult {
  readonly outcome: Exclude<StepOutcome, "interrupted">;
  /** A sentence for people; null: there is nothing to say. */
  readonly message: string | null;
  readonly changes: ContextChanges;
}

/** The work of one step, ready to begin. */
export interface Work {
  /** Id of the run that does it; null: the daemon does it itself. */
  readonly run: string | null;
  /** Resolves with what came of it. */
  perform(): Promise<StepResult>;
}

/** How a role does its work. */
export interface RoleWork {
  /** Looks at everything that can be refused before the step is recorded. */
  prepare(assignment: Assignment): Promise<Work>;
  /** What came of a run that does the work of a role, once it has ended. */
  resultOf(
    orchestration: Orchestration,
    step: Pick<Assignment, "group" | "place" | "role">,
    run: Run,
  ): Promise<StepResult>;
}

export function failed(message: string): StepResult {
  return { outcome: "failed", message, changes: {} };
}

export function succeeded(message: string | null, changes: ContextChanges = {}): StepResult {
  return { outcome: "succeeded", message, changes };
}

/** Of a run that did not succeed: what became of the step. */
export function unsuccessful({ id, state }: Run): StepResult {
  const reason = "reason" in state && state.reason !== null ? `: ${state.reason}` : "";
  switch (state.status) {
    case "stopped":
    case "cancelled":
      return { outcome: "stopped", message: `run ${id} was ${state.status}${reason}`, changes: {} };
    case "lost":
      return failed(`run ${id} was lost${reason}`);
    case "timed_out":
      return failed(`run ${id} took too long${reason}`);
    default:
      return failed(`run ${id} failed${howItEnded(state)}${reason}`);
  }
}

function howItEnded(state: Run["state"]): string {
  if (!("exit" in state) || state.exit === null) return "";
  return "code" in state.exit ? ` with exit code ${state.exit.code}` : `, ended by ${state.exit.signal}`;
}
