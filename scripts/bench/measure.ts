/** One figure of a comparison. `must` and `goal` are ratios of ours to the reference's; without a reference they are our figure itself. */
export interface Figure {
  readonly measure: string;
  readonly unit: "ms" | "MB/s" | "/s" | "KB" | "MB" | "%" | "bytes";
  readonly better: "less" | "more";
  /** Null: shown for information, nothing is promised. */
  readonly must: number | null;
  readonly goal: number | null;
}

/** One side of a comparison. A round answers a value for every figure, in their order. */
export interface Side {
  readonly name: string;
  readonly round: () => Promise<readonly number[]>;
}

/** A program to compare with that is not installed here: the report says so. */
export interface MissingSide {
  readonly name: string;
  readonly missing: string;
}

export interface Contest {
  readonly area: string;
  readonly figures: readonly Figure[];
  readonly ours: Side;
  /** Null: the figures are measured against fixed limits. */
  readonly reference: Side | MissingSide | null;
  /** Fewer than the usual rounds, for what takes long and varies little. */
  readonly mostRounds?: number;
  /** More than the usual rounds, for what is short and varies much. */
  readonly leastRounds?: number;
}

export type Verdict = "goal" | "must" | "behind" | "-";

export interface Row extends Figure {
  readonly area: string;
  readonly ours: number;
  readonly referenceName: string | null;
  readonly reference: number | null;
  readonly ratio: number | null;
  readonly verdict: Verdict;
}

/** Machines are noisy and drift: rounds alternate (A B A B ...), and medians are compared. The first pair warms up and does not count. */
export async function compare(contest: Contest, rounds: number): Promise<readonly Row[]> {
  const { area, figures, ours, reference, mostRounds = rounds, leastRounds = 0 } = contest;
  const [left, right]: [(readonly number[])[], (readonly number[])[]] = [[], []];
  const count = Math.max(Math.min(rounds, mostRounds), leastRounds);
  for (let round = 0; round <= count; round++) {
    const a = await ours.round();
    const b = reference !== null && "round" in reference ? await reference.round() : [];
    if (round === 0 && count > 1) continue;
    left.push(a);
    right.push(b);
  }
  return figures.map((figure, index) => {
    const ourValue = medianOf(left, index);
    const name =
      reference === null ? null : "missing" in reference ? `${reference.name}: ${reference.missing}` : reference.name;
    const value = reference !== null && "round" in reference ? medianOf(right, index) : null;
    const ratio = value === null ? null : ourValue / value;
    const compared = reference === null ? ourValue : ratio;
    return {
      ...figure,
      area,
      ours: ourValue,
      referenceName: name,
      reference: value,
      ratio,
      verdict: verdictOf(figure, compared),
    };
  });
}

function verdictOf({ better, must, goal }: Figure, value: number | null): Verdict {
  if (value === null || must === null) return "-";
  const meets = (limit: number): boolean => (better === "less" ? value <= limit : value >= limit);
  if (goal !== null && meets(goal)) return "goal";
  return meets(must) ? "must" : "behind";
}

function medianOf(samples: readonly (readonly number[])[], index: number): number {
  return percentile(
    samples.map((sample) => sample[index] ?? Number.NaN),
    50,
  );
}

export function percentile(values: readonly number[], rank: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * rank) / 100))] ?? Number.NaN;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** The two ends that latencies are looked at by. */
export function latencyFigures(
  measure: string,
  limits: { readonly must: readonly number[]; readonly goal: readonly number[] },
): readonly Figure[] {
  return ([50, 99] as const).map((rank, index) => ({
    measure: `${measure}, p${rank}`,
    unit: "ms",
    better: "less",
    must: limits.must[index] ?? null,
    goal: limits.goal[index] ?? null,
  }));
}

export function latencies(times: readonly number[]): readonly number[] {
  return [percentile(times, 50), percentile(times, 99)];
}
