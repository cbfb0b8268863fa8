import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { Home } from "../support/home.ts";
import { until } from "../support/until.ts";
import { runsOf, type Stage } from "./stage.ts";

/** What may be left of a run, each to be told from the others by the record alone. */
export const OUTCOMES = {
  recorded: "ended with its exit code 7 and its whole output, started once",
  lost: "`lost` with its reason, exit unknown, its whole output kept, started once",
  cut: "`lost` with its reason; its terminal ended with its supervisor, started once",
  stopped: "`stopped`, its output kept, started once",
  refused: "nothing was started; the record and the client say why",
  none: "nothing was started and nothing recorded; the client says why",
} as const;

export type Outcome = keyof typeof OUTCOMES;

const LIVE = new Set(["queued", "preparing", "running", "stopping"]);

/** Waits for the end of every run, and checks that it is what it must be, that the chain is whole, and that work goes on. */
export async function expectKept(stage: Stage, outcome: Outcome): Promise<void> {
  const { home } = stage;
  await until(async () => (await runsOf(home)).every(({ status }) => !LIVE.has(status)));
  const runs = await runsOf(stage.home).then((all) => all.filter(({ argv }) => isDeepStrictEqual(argv, stage.argv)));
  if (outcome === "none") {
    expect({ runs, starts: stage.starts() }).toEqual({ runs: [], starts: 0 });
  } else {
    expect(runs).toHaveLength(1);
    const record = await home.json(["show", String(runs[0]?.run_id)]);
    await expectOutcome(stage, outcome, record);
  }
  const next = await home.cli(["run", "--", "echo", "next"]);
  expect({ code: next.code, stdout: next.stdout }).toEqual({ code: 0, stdout: "next\n" });
  const verified = await home.cli(["audit", "verify"]);
  expect(verified).toMatchObject({ code: 0 });
  // Record files follow the commit.
  await until(async () => (await errorsOf(home)).length === 0);
  expect(commandsLeft(stage)).toEqual([]);
}

async function errorsOf(home: Home): Promise<readonly { readonly status: string }[]> {
  const { findings } = (await home.json(["doctor"])) as { findings: { status: string }[] };
  return findings.filter(({ status }) => status === "error");
}

async function expectOutcome(
  stage: Stage,
  outcome: Exclude<Outcome, "none">,
  record: Record<string, unknown>,
): Promise<void> {
  const starts = stage.starts();
  const { status, exit_code, reason } = record;
  const told = { status, exit_code, starts };
  switch (outcome) {
    case "recorded":
      expect({ ...told, reason }).toEqual({ status: "failed", exit_code: 7, starts: 1, reason: null });
      return expectWholeOutput(stage, record);
    case "lost":
      expect(told).toEqual({ status: "lost", exit_code: null, starts: 1 });
      expect(reason).toEqual(expect.stringMatching(/\w/));
      return expectWholeOutput(stage, record);
    case "cut":
      expect(told).toEqual({ status: "lost", exit_code: null, starts: 1 });
      expect(reason).toEqual(expect.stringMatching(/\w/));
      return;
    case "stopped":
      expect({ status, starts }).toEqual({ status: "stopped", starts: 1 });
      expect(await outputOf(stage, record)).toMatch(/^before\n/);
      return;
    case "refused":
      expect(told).toEqual({ status: "failed", exit_code: null, starts: 0 });
      expect(reason).toEqual(expect.stringMatching(/\w/));
  }
}

const outputOf = async ({ home }: Stage, record: Record<string, unknown>): Promise<string> =>
  (await home.cli(["logs", String(record.run_id)])).stdout.replaceAll("\r", "");

async function expectWholeOutput(stage: Stage, record: Record<string, unknown>): Promise<void> {
  // A terminal's end is told while its journal still waits for room; what is missing is written then.
  await expect.poll(() => outputOf(stage, record)).toBe("before\nafter\n");
}

function commandsLeft({ home, argv }: Stage): string[] {
  return home
    .processes()
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return "";
      }
    })
    .filter((line) => line === `${argv.join("\0")}\0`);
}
