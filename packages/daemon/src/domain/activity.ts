import {
  BUSY_FOR_MS,
  measureAnew,
  NO_PROCESSOR_USE,
  nextSampleAt,
  type ProcessorUse,
  sampleProcessor,
} from "./processor-use.ts";
import {
  type BlockedKind,
  decisiveStatus,
  describeStatus,
  dropUnfinished,
  NO_STATUSES,
  type ProgramMessage,
  type ProgramStatus,
  type ProgramStatuses,
  recordMessage,
} from "./program-status.ts";

/**
 * What a session does, from what is known of it. Better sources win, in the order in which they stand here. Nothing of it makes anything happen to
 * the session: most of it is what the program itself puts out. Times are milliseconds of a clock that never goes back.
 */
export type ActivitySource = "explicit" | "program-status" | "shell-prompt" | "notification" | "processor" | "screen";

export type Activity = Finding & {
  readonly source: ActivitySource;
  /** One line, as of the moment it was asked for. */
  readonly reason: string;
  readonly sinceMs: number;
  /** Of a working one: the latest sign of it. A claim that was not withdrawn is one at every moment. */
  readonly workedUntilMs: number;
};

export type Finding =
  | { readonly state: "working" }
  | { readonly state: "quiet" }
  /** Kind null: the program does not say for what it waits. */
  | { readonly state: "blocked"; readonly kind: BlockedKind | null };

export type ActivitySignal =
  /** Said by a person or a harness; it holds until the next word, and all but `working` until somebody types. */
  | { readonly type: "explicit"; readonly finding: Finding; readonly reason: string }
  | { readonly type: "explicit-withdrawn" }
  | { readonly type: "program"; readonly message: ProgramMessage }
  /** OSC 133: a prompt is shown (A, B), or a command has been entered (C). */
  | { readonly type: "prompt" }
  | { readonly type: "command" }
  /** OSC 9, 777 and 99, and BEL (text null). */
  | { readonly type: "notification"; readonly text: string | null }
  /** RIS: the terminal as it was in the beginning. */
  | { readonly type: "reset" }
  | { readonly type: "screen-changed" }
  /** Of a session that was there before: when it put something out last. */
  | { readonly type: "last-output"; readonly ageMs: number }
  /** Milliseconds of processor time that the processes of the session have used so far. */
  | { readonly type: "processor"; readonly usedMs: number }
  /** Keys of an attached client, or written for somebody. */
  | { readonly type: "typed" };

export interface ActivityEvidence {
  readonly explicit: { readonly finding: Finding; readonly reason: string; readonly atMs: number } | null;
  readonly programs: ProgramStatuses;
  /** When the prompt came that is still waited at. */
  readonly promptAtMs: number | null;
  readonly notification: { readonly text: string | null; readonly atMs: number } | null;
  readonly processor: ProcessorUse;
  /** The stretch of visible changes that is going on, or was the last. */
  readonly screen: { readonly fromMs: number; readonly toMs: number };
  /** When a better source said something last: silence of the screen counts from there. */
  readonly claimedMs: number;
  readonly typedAtMs: number | null;
}

/** A screen that has not changed for so long is quiet. Spinners turn several times a second, slow progress is shown every second or two. */
const SETTLED_AFTER_MS = 3_000;
/** What is painted together with a notification is not a sign that the work goes on. */
const NOTIFICATION_PAINTS_MS = 1_000;

export function beginEvidence(startedMs: number): ActivityEvidence {
  return {
    explicit: null,
    programs: NO_STATUSES,
    promptAtMs: null,
    notification: null,
    processor: NO_PROCESSOR_USE,
    screen: { fromMs: startedMs, toMs: startedMs },
    claimedMs: startedMs,
    typedAtMs: null,
  };
}

export function takeSignal(evidence: ActivityEvidence, signal: ActivitySignal, atMs: number): ActivityEvidence {
  switch (signal.type) {
    case "explicit":
      return afterClaim({ ...evidence, explicit: { finding: signal.finding, reason: signal.reason, atMs } }, atMs);
    case "explicit-withdrawn":
      return afterClaim({ ...evidence, explicit: null }, atMs);
    case "program":
      if (signal.message.type === "query") return evidence;
      return afterClaim({ ...evidence, programs: recordMessage(evidence.programs, signal.message, atMs) }, atMs);
    case "prompt":
      // Several marks belong to one prompt.
      return afterClaim(
        {
          ...evidence,
          programs: dropUnfinished(evidence.programs),
          promptAtMs: evidence.promptAtMs ?? atMs,
        },
        atMs,
      );
    case "command":
      return afterClaim({ ...evidence, promptAtMs: null, notification: null }, atMs);
    case "notification":
      // Of several in a row the first one counts, or a program that beeps while it works would never be seen working.
      return { ...evidence, notification: { text: signal.text, atMs: evidence.notification?.atMs ?? atMs } };
    case "reset":
      return afterClaim({ ...evidence, programs: NO_STATUSES, promptAtMs: null, notification: null }, atMs);
    case "screen-changed":
      return afterChange(evidence, atMs);
    case "last-output": {
      const lastMs = atMs - signal.ageMs;
      const claimedMs = evidence.claimedMs === evidence.screen.toMs ? lastMs : evidence.claimedMs;
      return { ...evidence, screen: { fromMs: lastMs, toMs: lastMs }, claimedMs };
    }
    case "processor":
      return { ...evidence, processor: sampleProcessor(evidence.processor, signal.usedMs, atMs) };
    case "typed":
      return afterTyping(evidence, atMs);
  }
}

function afterChange(evidence: ActivityEvidence, atMs: number): ActivityEvidence {
  const { screen, notification } = evidence;
  const goesOn = atMs - screen.toMs <= SETTLED_AFTER_MS;
  const isOver = notification !== null && atMs - notification.atMs > NOTIFICATION_PAINTS_MS;
  return {
    ...evidence,
    screen: { fromMs: goesOn && !isOver ? screen.fromMs : atMs, toMs: atMs },
    notification: isOver ? null : notification,
    processor: measureAnew(evidence.processor),
  };
}

/** What comes after it is measured from here. */
function afterClaim(evidence: ActivityEvidence, atMs: number): ActivityEvidence {
  return { ...evidence, claimedMs: atMs, processor: measureAnew(evidence.processor) };
}

/** Whoever types has seen what was said, and may start something at a prompt of a shell that does not mark commands. */
function afterTyping(evidence: ActivityEvidence, atMs: number): ActivityEvidence {
  const { explicit } = evidence;
  const hadClaim = evidence.promptAtMs !== null || (explicit !== null && explicit.finding.state !== "working");
  const processor = measureAnew(evidence.processor);
  return {
    ...evidence,
    explicit: explicit?.finding.state === "working" ? explicit : null,
    promptAtMs: null,
    notification: null,
    typedAtMs: atMs,
    claimedMs: hadClaim ? atMs : evidence.claimedMs,
    processor,
  };
}

export function activityAt(evidence: ActivityEvidence, nowMs: number): Activity {
  const { explicit, promptAtMs, notification, processor, screen, claimedMs } = evidence;
  if (explicit !== null) return claim(explicit.finding, "explicit", explicit.reason, explicit.atMs, nowMs);
  const status = decisiveStatus([...evidence.programs.values()].filter((record) => isCurrent(record, evidence)));
  if (status !== undefined) {
    return claim(findingOf(status), "program-status", describeStatus(status), status.sinceMs, nowMs);
  }
  if (promptAtMs !== null) return claim({ state: "quiet" }, "shell-prompt", "at a shell prompt", promptAtMs, nowMs);
  if (notification !== null) {
    const reason = notification.text === null ? "rang the bell" : `sent a notification: ${notification.text}`;
    return claim({ state: "quiet" }, "notification", reason, notification.atMs, nowMs);
  }
  if (nowMs - screen.toMs < SETTLED_AFTER_MS) {
    const reason = "the screen is changing";
    return { state: "working", source: "screen", reason, sinceMs: screen.fromMs, workedUntilMs: screen.toMs };
  }
  return withoutVisibleChange(processor, Math.max(screen.toMs, claimedMs), screen.toMs, nowMs);
}

function withoutVisibleChange(use: ProcessorUse, sinceMs: number, changedMs: number, nowMs: number): Activity {
  if (use.busy !== null) {
    const { fromMs, toMs, percent } = use.busy;
    if (use.isBusy && nowMs < toMs + BUSY_FOR_MS) {
      const reason = `no visible change, but its processes use ${percent} % of a processor`;
      return { state: "working", source: "processor", reason, sinceMs: fromMs, workedUntilMs: toMs };
    }
    if (toMs > sinceMs) {
      return claim(
        { state: "quiet" },
        "processor",
        `its processes have rested for ${seconds(nowMs - toMs)}`,
        toMs,
        toMs,
      );
    }
  }
  return claim({ state: "quiet" }, "screen", `no visible change for ${seconds(nowMs - changedMs)}`, sinceMs, sinceMs);
}

function claim(
  finding: Finding,
  source: ActivitySource,
  reason: string,
  sinceMs: number,
  workedUntilMs: number,
): Activity {
  return { ...finding, source, reason, sinceMs, workedUntilMs };
}

/** What was achieved says nothing about what was begun after it, by a prompt or by a key. */
function isCurrent(
  { state, reportedMs }: ProgramStatus,
  { promptAtMs, typedAtMs, claimedMs }: ActivityEvidence,
): boolean {
  if (state !== "done" && state !== "error") return true;
  return promptAtMs === null && reportedMs >= claimedMs && reportedMs >= (typedAtMs ?? 0);
}

function findingOf({ state, kind }: ProgramStatus): Finding {
  switch (state) {
    case "working":
      return { state: "working" };
    case "blocked":
      return { state: "blocked", kind };
    case "idle":
    case "done":
    case "error":
      return { state: "quiet" };
  }
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.floor(ms / 1_000))} s`;
}

/** Only the processor can still tell that a session works: nothing better has spoken, and nothing is seen. */
export function isProcessorDecisive(evidence: ActivityEvidence, nowMs: number): boolean {
  const { state, source } = activityAt(evidence, nowMs);
  return source === "processor" || (source === "screen" && state === "quiet");
}

/** When the processor time should be sampled next; null: nobody would learn anything from it. */
export function nextSampleMs(evidence: ActivityEvidence, nowMs: number): number | null {
  const { processor, screen, claimedMs, typedAtMs } = evidence;
  // The first samples are taken before the screen counts as quiet.
  if (!isProcessorDecisive(evidence, Math.max(nowMs, screen.toMs + SETTLED_AFTER_MS))) return null;
  return nextSampleAt(processor, Math.max(screen.toMs, claimedMs, typedAtMs ?? 0));
}

/** When the activity changes without any further signal; null: never. */
export function nextActivityChangeMs(evidence: ActivityEvidence, nowMs: number): number | null {
  const { source, state, workedUntilMs } = activityAt(evidence, nowMs);
  if (state !== "working") return null;
  if (source === "screen") return workedUntilMs + SETTLED_AFTER_MS;
  return source === "processor" ? workedUntilMs + BUSY_FOR_MS : null;
}
