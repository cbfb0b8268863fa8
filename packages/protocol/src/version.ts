/** Version of the program; equal to the version of every package in this repository. */
export const VERSION = "0.1.0";

/** Versions of the client protocol this build can speak. Raised only on a breaking change. */
export const PROTOCOL_VERSIONS = { min: 1, max: 1 } as const;

/** Versions of the protocol between daemon and supervisor. A supervisor outlives upgrades, so the previous version stays accepted. */
export const SUPERVISOR_PROTOCOL_VERSIONS = { min: 1, max: 1 } as const;

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** The highest version both sides speak, or undefined when the ranges do not meet. */
export function agreeOnVersion(ours: VersionRange, theirs: VersionRange): number | undefined {
  const highest = Math.min(ours.max, theirs.max);
  return highest >= Math.max(ours.min, theirs.min) ? highest : undefined;
}
