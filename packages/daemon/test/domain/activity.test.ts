import { describe, expect, it } from "vitest";
import {
  type ActivityEvidence,
  type ActivitySignal,
  activityAt,
  beginEvidence,
  nextActivityChangeMs,
  nextSampleMs,
  takeSignal,
} from "../../src/domain/activity.ts";
import { parseProgramMessage } from "../../src/domain/program-status.ts";

function after(...signals: readonly (readonly [atMs: number, ActivitySignal])[]): ActivityEvidence {
  return signals.reduce((evidence, [atMs, signal]) => takeSignal(evidence, signal, atMs), beginEvidence(0));
}

function program(payload: string): ActivitySignal {
  const message = parseProgramMessage(payload);
  if (message === undefined) throw new Error(`not a report: ${payload}`);
  return { type: "program", message };
}

const changed: ActivitySignal = { type: "screen-changed" };
const prompt: ActivitySignal = { type: "prompt" };
const command: ActivitySignal = { type: "command" };
const typed: ActivitySignal = { type: "typed" };
const bell: ActivitySignal = { type: "notification", text: null };
const used = (usedMs: number): ActivitySignal => ({ type: "processor", usedMs });
const saidIdle: ActivitySignal = { type: "explicit", finding: { state: "quiet" }, reason: "said to be idle" };

const steadily = (fromMs: number, toMs: number) =>
  Array.from({ length: (toMs - fromMs) / 500 + 1 }, (_, n) => [fromMs + n * 500, changed] as const);

describe("a better source wins:", () => {
  const screen = steadily(1_000, 20_000);
  it.each<[string, readonly (readonly [number, ActivitySignal])[], object]>([
    ["the screen", screen, { state: "working", source: "screen", sinceMs: 0 }],
    [
      "a notification over what is painted with it",
      [...screen, [20_000, bell]],
      { state: "quiet", source: "notification" },
    ],
    ["a prompt over a notification", [...screen, [20_000, prompt], [20_000, bell]], { source: "shell-prompt" }],
    ["a program over a prompt", [[1, prompt], [2, program("state=working")], ...screen], { source: "program-status" }],
    [
      "a word over a program",
      [[1, program("state=working")], [2, saidIdle], ...screen],
      { state: "quiet", source: "explicit", reason: "said to be idle", sinceMs: 2 },
    ],
  ])("%s", (_, signals, expected) => {
    expect(activityAt(after(...signals), 20_001)).toMatchObject(expected);
  });
});

describe("the visible screen", () => {
  it("is quiet three seconds after its last change, and says for how long", () => {
    const evidence = after([1_000, changed]);
    expect(nextActivityChangeMs(evidence, 2_000)).toBe(4_000);
    expect(activityAt(evidence, 3_999)).toMatchObject({ state: "working", workedUntilMs: 1_000 });
    expect(activityAt(evidence, 4_000)).toMatchObject({ state: "quiet", sinceMs: 1_000 });
    expect(activityAt(evidence, 13_400).reason).toBe("no visible change for 12 s");
    expect(nextActivityChangeMs(evidence, 4_000)).toBeNull();
  });

  it("works anew from the first change after a silence", () => {
    expect(activityAt(after([1_000, changed], [9_000, changed], [9_500, changed]), 9_500).sinceMs).toBe(9_000);
  });

  it("of a session that was there before has been as it is since the last output", () => {
    const evidence = takeSignal(beginEvidence(100_000), { type: "last-output", ageMs: 60_000 }, 100_010);
    expect(activityAt(evidence, 100_020)).toMatchObject({ state: "quiet", reason: "no visible change for 60 s" });
  });
});

describe("a notification", () => {
  it("is forgotten when the work visibly goes on", () => {
    expect(activityAt(after([5_000, bell], [5_900, changed]), 6_000)).toMatchObject({ source: "notification" });
    expect(activityAt(after([5_000, bell], [6_100, changed]), 6_200)).toMatchObject({
      state: "working",
      sinceMs: 6_100,
    });
  });

  it("that comes again and again does not hide for long that the work goes on", () => {
    let evidence = beginEvidence(0);
    for (const [atMs] of steadily(0, 20_000)) {
      evidence = takeSignal(evidence, bell, atMs);
      expect(atMs + 400 - activityAt(evidence, atMs + 400).sinceMs).toBeLessThan(2_000);
      evidence = takeSignal(evidence, changed, atMs + 400);
    }
  });

  it("is shown with its text", () => {
    const evidence = after([1, { type: "notification", text: "Turn complete" }]);
    expect(activityAt(evidence, 2).reason).toBe("sent a notification: Turn complete");
  });
});

describe("a prompt", () => {
  it("drops what cannot be true any more, and what was achieved no longer decides", () => {
    const evidence = after([1, program("state=done:id=a")], [2, program("state=blocked")], [3, prompt]);
    expect([...evidence.programs.keys()]).toEqual(["a"]);
    expect(activityAt(evidence, 4)).toMatchObject({ state: "quiet", source: "shell-prompt" });
    expect(activityAt(takeSignal(evidence, command, 5), 10).source).toBe("screen");
  });

  it("decides nothing after a key: the shell may not mark its commands", () => {
    const evidence = after([1_000, prompt], [60_000, typed], [60_500, changed]);
    expect(activityAt(evidence, 61_000)).toMatchObject({ state: "working", source: "screen" });
    expect(activityAt(evidence, 70_000)).toMatchObject({ state: "quiet", sinceMs: 60_500 });
  });
});

describe("the report of a program", () => {
  it("holds until the next one, however still the screen is", () => {
    const evidence = after([1_000, program("state=working")]);
    expect(activityAt(evidence, 3_600_000)).toMatchObject({ state: "working", workedUntilMs: 3_600_000 });
    const cleared = takeSignal(evidence, program("state=clear"), 3_600_000);
    expect(activityAt(cleared, 3_600_001)).toMatchObject({ state: "quiet", source: "screen", sinceMs: 3_600_000 });
  });

  it("that it is done says nothing of what is begun by a key", () => {
    const evidence = after([1_000, program("state=done")], [2_000, typed], [2_500, changed]);
    expect(activityAt(evidence, 3_000).source).toBe("screen");
  });

  it("is forgotten at a reset of the terminal", () => {
    const evidence = after([1_000, program("state=error")], [2_000, { type: "reset" }]);
    expect(evidence.programs.size).toBe(0);
  });

  it("is not replaced by its own query", () => {
    const evidence = after([1_000, program("state=working")]);
    expect(takeSignal(evidence, program("?"), 2_000)).toBe(evidence);
  });
});

describe("an explicit word", () => {
  it("that it is quiet holds until somebody types", () => {
    const evidence = after([1_000, saidIdle], ...steadily(2_000, 9_000));
    expect(activityAt(evidence, 9_100).source).toBe("explicit");
    expect(activityAt(takeSignal(evidence, typed, 9_200), 9_300)).toMatchObject({ state: "working", source: "screen" });
  });

  it("that it works holds until it is taken back", () => {
    const word: ActivitySignal = { type: "explicit", finding: { state: "working" }, reason: "prompt submitted" };
    const evidence = after([1_000, word], [2_000, typed]);
    expect(activityAt(evidence, 100_000).state).toBe("working");
    expect(activityAt(takeSignal(evidence, { type: "explicit-withdrawn" }, 100_000), 100_001)).toMatchObject({
      state: "quiet",
      sinceMs: 100_000,
    });
  });
});

describe("processor time", () => {
  it("is sampled twice before a still screen counts as quiet", () => {
    const evidence = beginEvidence(0);
    expect(nextSampleMs(evidence, 0)).toBe(1_000);
    const sampled = takeSignal(evidence, used(10_000), 1_000);
    const next = nextSampleMs(sampled, 1_000) ?? Infinity;
    expect(next).toBeGreaterThan(2_000);
    expect(next).toBeLessThan(3_000);
  });

  it("of a silent build is work", () => {
    const evidence = after([1_000, used(0)], [2_900, used(1_800)]);
    expect(activityAt(evidence, 3_000)).toMatchObject({
      state: "working",
      source: "processor",
      reason: "no visible change, but its processes use 95 % of a processor",
    });
    const later = takeSignal(evidence, used(6_000), 7_900);
    expect(activityAt(later, 8_000)).toMatchObject({ sinceMs: 1_100, workedUntilMs: 7_900 });
    const over = takeSignal(later, used(6_010), 12_900);
    expect(activityAt(over, 17_900)).toMatchObject({
      state: "quiet",
      source: "processor",
      reason: "its processes have rested for 10 s",
      sinceMs: 7_900,
    });
  });

  it("of a program that waits and blinks is none", () => {
    const evidence = after([1_000, used(500)], [2_900, used(540)]);
    expect(activityAt(evidence, 3_000)).toMatchObject({ state: "quiet", source: "screen" });
  });

  it("of what rests is sampled less and less, at least once a minute", () => {
    let evidence = beginEvidence(0);
    const pauses: number[] = [];
    for (let now = 1_000; pauses.length < 8; ) {
      evidence = takeSignal(evidence, used(0), now);
      const next = nextSampleMs(evidence, now) ?? Infinity;
      pauses.push(next - now);
      now = next;
    }
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses.at(-1)).toBe(60_000);
  });

  it("is not asked for when something better has spoken", () => {
    for (const signal of [prompt, program("state=idle"), saidIdle, bell]) {
      expect(nextSampleMs(after([1_000, signal]), 2_000)).toBeNull();
    }
  });

  it("is measured anew after a command was entered", () => {
    const evidence = after([1_000, used(0)], [2_900, used(0)], [60_000, prompt], [90_000, command]);
    expect(nextSampleMs(evidence, 90_000)).toBe(91_000);
  });

  it("that nobody samples any more is not believed for ever", () => {
    const evidence = after([1_000, used(0)], [2_900, used(1_800)]);
    expect(nextActivityChangeMs(evidence, 3_000)).toBe(17_900);
    expect(activityAt(evidence, 17_900).state).toBe("quiet");
  });
});
