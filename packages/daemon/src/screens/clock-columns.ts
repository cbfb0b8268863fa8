/** A time of day, with a blank or a sign around it. */
const TIME = /(?<![\d:.])(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?![\d:])/g;

/** Zones differ from one another by multiples of this. */
const ZONE_STEP_SECONDS = 15 * 60;
const TOLERANCE_SECONDS = 30;

/**
 * The columns of a line that show the time of day, of whatever zone. A stopwatch looks the same and is not one: it tells how long the program has
 * worked, and does not agree with the time.
 * @param wallMs milliseconds since the epoch
 */
export function clockColumns(line: string, wallMs: number): ReadonlySet<number> {
  const columns = new Set<number>();
  for (const match of line.matchAll(TIME)) {
    const [text, hours, minutes, seconds] = match;
    if (Number(hours) > 23 || !agrees(Number(minutes), seconds === undefined ? null : Number(seconds), wallMs))
      continue;
    // An hour may have had a digit more, or less, just before.
    for (let column = match.index - 1; column < match.index + text.length; column += 1) columns.add(column);
  }
  return columns;
}

function agrees(minutes: number, seconds: number | null, wallMs: number): boolean {
  const shown = minutes * 60 + (seconds ?? 30);
  const tolerance = seconds === null ? 30 + TOLERANCE_SECONDS : TOLERANCE_SECONDS;
  const apart = (((wallMs / 1_000 - shown) % ZONE_STEP_SECONDS) + ZONE_STEP_SECONDS) % ZONE_STEP_SECONDS;
  return Math.min(apart, ZONE_STEP_SECONDS - apart) <= tolerance;
}
