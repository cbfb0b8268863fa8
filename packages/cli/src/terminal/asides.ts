import { setTitle } from "./restore.ts";

/** What of ours waits for a place between two sequences of a program's output. */
export interface Asides {
  /** For the window; the newest counts. */
  title(text: string): void;
  ring(): void;
  /** A sequence that tells the person something. */
  tell(sequence: string): void;
  /** All that waits; nothing does then. */
  take(): string;
}

const BELL = "\u0007";
/** A program may leave its last sequence open for ever. */
const MOST_TOLD = 8;

export function createAsides(): Asides {
  let title = "";
  let told: readonly string[] = [];
  let bell = "";
  return {
    title(text) {
      title = setTitle(text);
    },
    ring() {
      bell = BELL;
    },
    tell(sequence) {
      told = [...told, sequence].slice(-MOST_TOLD);
    },
    take() {
      const text = `${title}${told.join("")}${bell}`;
      title = bell = "";
      told = [];
      return text;
    },
  };
}
