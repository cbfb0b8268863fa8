import type { Outcome } from "./expect-kept.ts";
import type { Stage } from "./stage.ts";

export type Who = "client" | "daemon" | "supervisor" | "all";
export type What =
  | "SIGKILL"
  | "SIGTERM"
  | "SIGSTOP, SIGCONT"
  | "disk full"
  | "out of descriptors"
  | "clock jump"
  | "read-only state directory"
  | "upgrade"
  | "second daemon";
export type When = "starting" | "running" | "exiting" | "merging" | "migration";

interface Place {
  readonly who: Who;
  readonly what: What;
  readonly when: When;
  /** Tells cells of one place apart. */
  readonly how?: string;
}

/** Tried here: `act` brings it about and lets the command end; `outcome` is all that may be left. */
export interface TriedCell extends Place {
  readonly outcome: Outcome;
  /** What the waiting client ends with, where it is there to the end. */
  readonly clientCode?: number;
  /** Not among the quick ones of every test run. */
  readonly isLong?: true;
  readonly canBeTried?: boolean;
  act(stage: Stage): Promise<void>;
}

/** Tried by a test of its own. */
export interface CellElsewhere extends Place {
  readonly file: string;
  /** As it stands in that file. */
  readonly test: string;
  readonly kept: string;
}

/** Not tried, and why. */
export interface UntriedCell extends Place {
  readonly why: string;
}
