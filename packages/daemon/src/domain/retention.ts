/** The recorded output of a session. */
export interface KeptOutput {
  readonly session: string;
  readonly bytes: number;
  /** Null while the session lives. */
  readonly endedAtMs: number | null;
}

/** Null: without a bound. */
export interface RetentionBounds {
  readonly totalBytes: number | null;
  readonly retentionMs: number | null;
}

/** The setting that asked for it. */
export type DropReason = "max_bytes_total" | "retention_days";

export interface Drop {
  readonly session: string;
  readonly reason: DropReason;
}

/**
 * What of the recorded output has to go: of sessions that ended too long ago, then of the ones that ended first until all that is left, with the live
 * ones, is within the bound. Nothing of a live session goes.
 */
export function chooseDrops(
  outputs: readonly KeptOutput[],
  { totalBytes, retentionMs }: RetentionBounds,
  nowMs: number,
): readonly Drop[] {
  let leftBytes = outputs.reduce((sum, { bytes }) => sum + bytes, 0);
  const finished = outputs
    .flatMap(({ session, bytes, endedAtMs }) => (endedAtMs === null ? [] : { session, bytes, endedAtMs }))
    .sort((a, b) => a.endedAtMs - b.endedAtMs);
  const drops: Drop[] = [];
  for (const { session, bytes, endedAtMs } of finished) {
    const isOld = retentionMs !== null && nowMs - endedAtMs > retentionMs;
    const isTooMuch = totalBytes !== null && leftBytes > totalBytes && bytes > 0;
    if (!isOld && !isTooMuch) continue;
    leftBytes -= bytes;
    drops.push({ session, reason: isOld ? "retention_days" : "max_bytes_total" });
  }
  return drops;
}
