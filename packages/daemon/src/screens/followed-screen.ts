import { watch } from "node:fs";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openJournal } from "@orchastration/protocol/node";
import { completeLength } from "@orchastration/protocol/stream";
import type { ActivitySignal } from "../domain/activity.ts";
import { createChangeDetector, lookPauseMs } from "./change-detector.ts";
import { type Chase, keepUp } from "./keep-up.ts";
import { hasQuery } from "./query.ts";
import { createScreen, type Screen, type ScreenOrigin } from "./screen.ts";
import type { FollowOrder, ScreenSnapshot } from "./screen-messages.ts";
import type { ScreenText } from "./screen-text.ts";
import { createSignalSearch } from "./signal-search.ts";
import { followSizeChanges } from "./size-changes.ts";

/** About six milliseconds of emulation: the other screens get their turn in between. */
const SLICE_BYTES = 256 * 1024;
/** How far a parked screen falls behind before it is brought up to date, so that nobody who attaches waits longer than 0.1 s for it. */
const CHECKPOINT_BYTES = 4 * 1024 * 1024;
/** Before each slice in the background: a flood must not cost a whole processor. */
const BACKGROUND_PAUSE_MS = 20;
/** Between two reviews when there is nothing to answer, or so much that whoever asks in it does not wait. */
const REVIEW_PAUSE_MS = 50;
/**
 * A flood that outruns even that is not emulated byte by byte: what was more than this before the end is skipped, and the screen goes on from the state
 * it had.
 */
const FURTHEST_BEHIND_BYTES = 32 * 1024 * 1024;
/** An emulator takes megabytes, its state kilobytes. */
const PARK_AFTER_MS = 10_000;

/** So much between two looks is taken for a change without being emulated. */
const FLOOD_BYTES = 64 * 1024;

setFlagsFromString("--expose-gc");
/** A thread that has nothing to do does not collect by itself, and after a flood most of its memory is garbage. */
const collectGarbage = runInNewContext("gc") as () => void;

/** Readings are as of all that is in the journal now. */
export interface FollowedScreen {
  snapshot(): Promise<ScreenSnapshot>;
  text(): Promise<ScreenText>;
  /** @param at the offset of the output at which that changed: what is asked from there on is the business of the other */
  setControlled(isControlled: boolean, at: number): void;
  noteTyping(): void;
  close(): void;
}

export interface ScreenListener {
  /** What the terminal says to queries of the program. */
  onAnswer(text: string, askedBefore: number): void;
  onSignal(signal: ActivitySignal): void;
}

/** The screen of a live session: an emulator only while one is needed, otherwise the state of one and the offset it belongs to. */
export function followScreen(order: FollowOrder, { onAnswer, onSignal }: ScreenListener): FollowedScreen {
  const journal = openJournal(order.directory);
  const sizes = followSizeChanges(order.directory);
  const first = sizes.peek();
  let parked: ScreenOrigin = { cols: first?.cols ?? 80, rows: first?.rows ?? 24, offset: 0 };
  let screen: Screen | undefined;
  /** What is asked from here on is answered by somebody's own terminal. */
  let controlledFrom = order.isControlled ? order.at : Infinity;
  let sliceEnd = 0;
  /** Queries before it are nobody's business any more; what comes after it has not been looked at. */
  let answeredTo = order.answersFrom ?? journal.endOffset;
  let isAnswering = false;
  let parking: NodeJS.Timeout | undefined;
  let tail: Promise<unknown> = Promise.resolve();
  let isReviewDue = false;
  let reviewTimer: NodeJS.Timeout | undefined;
  let isFlooded = false;
  let isKeepingUp = false;
  let isClosed = false;
  const detector = createChangeDetector();
  const signals = createSignalSearch({ journal, directory: order.directory, onSignal, isClosed: () => isClosed });
  /** What is before it has been searched for signals, and the screen compared. */
  let lookedTo = order.answersFrom ?? journal.endOffset;
  let looks = 0;
  let lookTimer: NodeJS.Timeout | undefined;

  function wake(origin: ScreenOrigin = parked): Screen {
    const woken = createScreen(origin, (text) => {
      if (isAnswering) onAnswer(text, sliceEnd);
    });
    screen = woken;
    if (woken.endOffset === lookedTo) detector.begin(woken.frame());
    return woken;
  }

  function park(): void {
    if (screen === undefined) return;
    const { offset, cols, rows } = screen;
    parked = { offset, cols, rows, state: screen.serialize() };
    screen.dispose();
    screen = undefined;
    detector.forget();
    collectGarbage();
  }

  function parkLater(): void {
    clearTimeout(parking);
    if (isClosed) return;
    parking = setTimeout(park, PARK_AFTER_MS).unref();
  }

  /** What lies between is lost to this screen: it was dropped from the journal, or there is too much of it. */
  function skipTo(offset: number): Screen {
    park();
    return wake({ ...parked, offset });
  }

  /** Takes a piece of the journal; false at its end. */
  function takeSlice(): boolean {
    let current = screen ?? wake();
    const furthest = journal.endOffset - FURTHEST_BEHIND_BYTES;
    if (current.endOffset < furthest) current = skipTo(furthest);
    for (let size = sizes.peek(); size !== undefined && size.offset <= current.endOffset; size = sizes.peek()) {
      if (size.cols !== current.cols || size.rows !== current.rows) {
        current.resize(size.cols, size.rows);
        detector.noteRepaint(performance.now());
      }
      sizes.take();
    }
    const at = current.endOffset;
    const stops = [sizes.peek()?.offset ?? Infinity, answeredTo, lookedTo, controlledFrom].filter(
      (offset) => offset > at,
    );
    const ends = [at + SLICE_BYTES, ...stops];
    const { offset, bytes } = journal.read(at, Math.min(...ends) - at);
    if (bytes.length === 0) return false;
    if (offset > at) current = skipTo(offset);
    isAnswering = offset >= answeredTo && offset < controlledFrom;
    sliceEnd = offset + bytes.length;
    current.write(bytes);
    isAnswering = false;
    answeredTo = Math.max(answeredTo, current.offset);
    if (current.endOffset === lookedTo) detector.begin(current.frame());
    return true;
  }

  const positionOf = (): number => screen?.endOffset ?? parked.offset;

  /** Up to what is in the journal now: a program that floods is never caught up with. */
  async function catchUp(): Promise<void> {
    const end = journal.endOffset;
    while (!isClosed && positionOf() < end && takeSlice()) await nextTurn();
    // A new size may be all there is to take.
    if (positionOf() === end) takeSlice();
    parkLater();
  }

  /** True when there is something to answer in what has not been looked at. */
  async function findQuery(end: number): Promise<boolean> {
    while (!isClosed && answeredTo < Math.min(end, controlledFrom)) {
      const { offset, bytes } = journal.read(answeredTo, Math.min(SLICE_BYTES, controlledFrom - answeredTo));
      if (hasQuery(bytes)) return true;
      const complete = completeLength(bytes);
      // A sequence that has begun is looked at when it is complete; one torn by two segments, or by its length, at once.
      if (complete === 0) return offset + bytes.length < journal.endOffset;
      answeredTo = offset + complete;
      await nextTurn();
    }
    return false;
  }

  async function review(): Promise<void> {
    isReviewDue = false;
    const end = journal.endOffset;
    isFlooded = end - answeredTo > FLOOD_BYTES;
    if (await findQuery(end)) await catchUp();
    if (isKeepingUp || end - positionOf() < CHECKPOINT_BYTES) return;
    isKeepingUp = true;
    // What it cannot take is met again by whoever reads the screen.
    void keepUp(chase)
      .catch(() => undefined)
      .finally(() => {
        isKeepingUp = false;
        parkLater();
      });
  }

  const chase: Chase = {
    endOffset: () => journal.endOffset,
    isBehind: () => !isClosed && positionOf() < journal.endOffset,
    step: () => inTurn(async () => takeSlice()),
    pause: () => wait(BACKGROUND_PAUSE_MS, undefined, { ref: false }),
    pieceBytes: SLICE_BYTES,
  };

  /** What has come since the last look: whether it shows, and what it says. */
  async function look(): Promise<void> {
    const end = journal.endOffset;
    const isFlood = end - lookedTo > FLOOD_BYTES;
    await signals.search(lookedTo, end);
    if (isFlood) {
      detector.forget();
      lookedTo = end;
      onSignal({ type: "screen-changed" });
    } else if (end > lookedTo) {
      await catchUp();
      if (isClosed || screen === undefined) return;
      lookedTo = screen.endOffset;
      const change = detector.look(screen.frame(), { monotonicMs: performance.now(), wallMs: Date.now() });
      if (change === "work") onSignal({ type: "screen-changed" });
    }
  }

  function lookSoon(): void {
    if (lookTimer !== undefined || isClosed) return;
    looks += 1;
    lookTimer = setTimeout(() => {
      lookTimer = undefined;
      if (!isClosed) void inTurn(look);
    }, lookPauseMs(looks)).unref();
  }

  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = tail.then(step);
    tail = done.catch(() => undefined);
    return done;
  }

  function read<T>(take: (current: Screen) => T): Promise<T> {
    return inTurn(async () => {
      await catchUp();
      return take(screen ?? wake());
    });
  }

  function reviewSoon(): void {
    if (isReviewDue || isClosed) return;
    isReviewDue = true;
    void inTurn(review);
  }

  /** What asks somebody else's terminal is not waited for, and who types there needs the processor. */
  function reviewLater(): void {
    if (reviewTimer !== undefined || isClosed) return;
    reviewTimer = setTimeout(() => {
      reviewTimer = undefined;
      reviewSoon();
    }, REVIEW_PAUSE_MS).unref();
  }

  const watcher = watch(order.directory, { persistent: false }, () => {
    if (answeredTo < controlledFrom && !isFlooded) reviewSoon();
    else reviewLater();
    lookSoon();
  });
  // A directory that is removed takes nothing with it that is still needed.
  watcher.on("error", () => watcher.close());
  if (order.answersFrom === null) void inTurn(() => signals.lookBack(lookedTo));
  reviewSoon();
  lookSoon();

  return {
    snapshot: () =>
      read(({ offset, cols, rows, serialize, keyboard }) => {
        return { offset, cols, rows, state: serialize(), keyboard: keyboard() };
      }),
    text: () => read((current) => current.text()),
    setControlled(isControlled, at) {
      if (!isControlled) answeredTo = Math.max(answeredTo, at);
      controlledFrom = isControlled ? at : Infinity;
      // Whoever comes makes the program repaint.
      detector.noteRepaint(performance.now());
      reviewSoon();
    },
    noteTyping() {
      detector.noteTyping(performance.now());
    },
    close() {
      isClosed = true;
      watcher.close();
      clearTimeout(parking);
      clearTimeout(lookTimer);
      clearTimeout(reviewTimer);
      screen?.dispose();
    },
  };
}
