import type { Config } from "./config/config.ts";
import type { RetentionBounds } from "./domain/retention.ts";
import type { RunSettings } from "./services/run.ts";

/** What the services want to know of the configuration, in their own words. */
export function runSettings({ limits, daemon, journal }: Config): RunSettings {
  return {
    limits,
    stopGraceMs: daemon.stopGraceMs,
    maxOutputBytes: journal.sessionBytes ?? 0,
    segmentBytes: journal.segmentBytes,
  };
}

export function retentionBounds({ journal: { totalBytes, retentionMs } }: Config): RetentionBounds {
  return { totalBytes, retentionMs };
}
