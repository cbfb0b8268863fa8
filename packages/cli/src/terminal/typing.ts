import type { Keyboard } from "../output/terminal.ts";
import { type Chord, createChordFilter } from "./detach-chord.ts";

/** A terminal sends the bytes of one key at once; a link may tear them apart. A lone Esc waits so long, which nobody feels. */
const UNFINISHED_KEY_MS = 30;
/** Between two keys of a chord. */
const NEXT_KEY_MS = 700;

export interface TypingEvents {
  onBytes(bytes: Uint8Array): void;
  onChord(): void;
  /** Nobody can type any more. */
  onEnd(): void;
}

/**
 * Hands on what is typed, except the chord. It is read however little of it is taken: the chord must work also when the program reads nothing.
 * Answers the function that ends it.
 */
export function listenToTyping(stdin: Keyboard, chord: Chord, { onBytes, onChord, onEnd }: TypingEvents): () => void {
  const filter = createChordFilter(chord);
  let timer: NodeJS.Timeout | undefined;
  const pass = (bytes: Uint8Array): void => {
    if (bytes.length > 0) onBytes(bytes);
  };
  const take = (chunk: Buffer): void => {
    clearTimeout(timer);
    const { passed, isComplete } = filter.push(chunk);
    pass(passed);
    if (isComplete) return onChord();
    if (filter.held === "nothing") return;
    timer = setTimeout(() => pass(filter.flush()), filter.held === "bytes" ? UNFINISHED_KEY_MS : NEXT_KEY_MS);
  };
  stdin.on("data", take).on("end", onEnd).on("error", onEnd);
  // It was paused when somebody listened before.
  stdin.resume();
  return () => {
    clearTimeout(timer);
    stdin.off("data", take).off("end", onEnd).off("error", onEnd);
    stdin.pause();
  };
}
