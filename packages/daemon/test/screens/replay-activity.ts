import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import {
  type Activity,
  type ActivityEvidence,
  type ActivitySignal,
  activityAt,
  beginEvidence,
  nextActivityChangeMs,
  takeSignal,
} from "../../src/domain/activity.ts";
import { createChangeDetector, lookPauseMs } from "../../src/screens/change-detector.ts";
import { createSignalScanner } from "../../src/screens/output-signals.ts";
import { createScreen } from "../../src/screens/screen.ts";

const DIRECTORY = join(import.meta.dirname, "../../../../test/fixtures/recordings/activity");
export const RECORDINGS: readonly string[] = readdirSync(DIRECTORY)
  .filter((file) => file.endsWith(".jsonl"))
  .map((file) => basename(file, ".jsonl"));
const NOBODY = (): void => {};

interface Recording {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly lengthMs: number;
  /** Null: a key was pressed. */
  readonly pieces: readonly { readonly atMs: number; readonly bytes: Buffer | null }[];
}

export interface Stretch {
  readonly fromMs: number;
  readonly activity: Activity;
}

export interface Replay {
  /** What it was from when on, as often as state or source changed. */
  readonly stretches: readonly Stretch[];
  /** At the end. */
  readonly activity: Activity;
  readonly evidence: ActivityEvidence;
}

function readRecording(name: string): Recording {
  const [head = "", ...lines] = readFileSync(join(DIRECTORY, `${name}.jsonl`), "utf8")
    .trimEnd()
    .split("\n");
  const pieces = lines.map((line) => {
    const [atMs, base64] = JSON.parse(line) as [number, string | null];
    return { atMs, bytes: base64 === null ? null : Buffer.from(base64, "base64") };
  });
  return { ...(JSON.parse(head) as Omit<Recording, "pieces">), pieces };
}

/**
 * Runs through a recording as the daemon would have seen it, in no time.
 * @param isParked the emulator is put away after each look, and built again for the next
 */
export function replay(name: string, isParked = false): Replay {
  const { startedAt, lengthMs, pieces } = readRecording(name);
  let screen = createScreen({ cols: 80, rows: 24, offset: 0 }, NOBODY);
  const detector = createChangeDetector();
  detector.begin(screen.frame());
  let evidence = beginEvidence(0);
  const stretches: Stretch[] = [];
  let pending: Buffer[] = [];
  let lookAtMs = Infinity;
  let looks = 0;
  let typingToldMs = -Infinity;

  function note(atMs: number): void {
    const activity = activityAt(evidence, atMs);
    const last = stretches.at(-1)?.activity;
    if (last?.state !== activity.state || last.source !== activity.source) stretches.push({ fromMs: atMs, activity });
  }
  function take(signal: ActivitySignal, atMs: number): void {
    evidence = takeSignal(evidence, signal, atMs);
    note(atMs);
  }
  function look(atMs: number): void {
    lookAtMs = Infinity;
    const bytes = Buffer.concat(pending);
    pending = [];
    scanner(atMs).take(bytes);
    screen.write(bytes);
    const change = detector.look(screen.frame(), { monotonicMs: atMs, wallMs: startedAt + atMs });
    if (isParked) park();
    if (change === "work") take({ type: "screen-changed" }, atMs);
  }
  function park(): void {
    const { cols, rows, offset, endOffset } = screen;
    // What has only begun is read again.
    if (offset !== endOffset) return;
    const state = screen.serialize();
    screen.dispose();
    detector.forget();
    screen = createScreen({ cols, rows, offset, state }, NOBODY);
    detector.begin(screen.frame());
  }
  let scannedAtMs = 0;
  const signals = createSignalScanner((signal) => take(signal, scannedAtMs));
  const scanner = (atMs: number) => {
    scannedAtMs = atMs;
    return signals;
  };
  function passTo(atMs: number): void {
    for (;;) {
      const now = stretches.at(-1)?.fromMs ?? 0;
      const changeAtMs = nextActivityChangeMs(evidence, now) ?? Infinity;
      const next = Math.min(lookAtMs, changeAtMs);
      if (next > atMs) return;
      if (lookAtMs <= changeAtMs) look(lookAtMs);
      else note(changeAtMs);
    }
  }

  note(0);
  for (const { atMs, bytes } of pieces) {
    passTo(atMs);
    if (bytes === null) {
      if (atMs - typingToldMs < 1_000) continue;
      typingToldMs = atMs;
      detector.noteTyping(atMs);
      take({ type: "typed" }, atMs);
    } else {
      pending.push(bytes);
      if (lookAtMs === Infinity) {
        looks += 1;
        lookAtMs = atMs + lookPauseMs(looks);
      }
    }
  }
  passTo(lengthMs);
  return { stretches, activity: activityAt(evidence, lengthMs), evidence };
}
