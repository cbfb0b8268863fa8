import type { Size } from "../terminal/pty.ts";

/** An attachment as far as control over its terminal goes. */
export interface Candidate {
  readonly id: string;
  readonly mode: "control" | "watch";
  /** Of its own terminal. */
  readonly size: Size;
}

/** Who controls a terminal: its keys are taken, and its size is the terminal's. */
export interface Control<C extends Candidate> {
  /** Oldest first. */
  readonly members: readonly C[];
  readonly controller: C | null;
  join(candidate: C): void;
  leave(candidate: C): void;
  give(candidate: C): void;
}

/** How somebody came to control: by attaching, because the one before left, or because it was asked for. */
type Cause = "joined" | "inherited" | "given";

export interface Move<C extends Candidate> {
  readonly cause: Cause;
  readonly controller: C | null;
  /** The one before, if it is still attached. */
  readonly former: C | null;
}

/** The latest to attach for control has it; when that one leaves, the latest of the others that attached for control. */
export function createControl<C extends Candidate>(onMoved: (move: Move<C>) => void): Control<C> {
  let members: readonly C[] = [];
  let controller: C | null = null;

  function move(cause: Cause, next: C | null): void {
    if (next === controller) return;
    const former = controller !== null && members.includes(controller) ? controller : null;
    controller = next;
    onMoved({ cause, controller, former });
  }

  return {
    get members() {
      return members;
    },
    get controller() {
      return controller;
    },
    join(candidate) {
      members = [...members, candidate];
      if (candidate.mode === "control") move("joined", candidate);
    },
    leave(candidate) {
      members = members.filter((member) => member !== candidate);
      if (candidate === controller) move("inherited", members.findLast(({ mode }) => mode === "control") ?? null);
    },
    give: (candidate) => move("given", candidate),
  };
}
