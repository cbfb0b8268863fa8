import type { ActivitySignal } from "../domain/activity.ts";
import type { KeyboardModes } from "../domain/keys.ts";
import type { ScreenText } from "./screen-text.ts";

/** Daemon to worker. */
export type ScreenOrder =
  | ({ readonly kind: "follow" } & FollowOrder)
  | { readonly kind: "control"; readonly session: string; readonly isControlled: boolean; readonly at: number }
  /** A person typed, within the last second. */
  | { readonly kind: "typed"; readonly session: string }
  | { readonly kind: "read"; readonly id: number; readonly session: string; readonly what: keyof ScreenReadings }
  | { readonly kind: "forget"; readonly session: string };

export interface FollowOrder {
  readonly session: string;
  /** Where its journal is. */
  readonly directory: string;
  /** Somebody's own terminal answers the queries of the program. */
  readonly isControlled: boolean;
  /** Offset of the output at which it became so, as far as that is known. */
  readonly at: number;
  /** Queries before this offset have been answered, or are too old to be; null: those of all there is at this moment. */
  readonly answersFrom: number | null;
}

/** A copy of a terminal at an offset of its output. */
export interface ScreenSnapshot {
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  readonly state: string;
  readonly keyboard: KeyboardModes;
}

/** What can be had of a screen. */
export interface ScreenReadings {
  readonly snapshot: ScreenSnapshot;
  readonly text: ScreenText;
}

/** Worker to daemon. */
export type ScreenReport =
  | { readonly kind: "reading"; readonly id: number; readonly reading: ScreenReadings[keyof ScreenReadings] }
  | { readonly kind: "failed"; readonly id: number; readonly message: string }
  | { readonly kind: "answer"; readonly session: string; readonly text: string; readonly askedBefore: number }
  | { readonly kind: "signal"; readonly session: string; readonly signal: ActivitySignal };
