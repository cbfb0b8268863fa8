import type { Trap } from "./troubled-daemon.ts";

export interface CommitPoint {
  readonly what: "record of a run" | "exit of a session" | "journal of a terminal";
  readonly point: string;
  readonly role: Trap["role"];
  readonly call: string;
  readonly path: string;
}

export const temporaryIn = (folder: string): string => `/${folder}/\\.\\w+\\.tmp$`;

/** Every step at which something is written that outlives its process, the registry apart, in their order. */
export const COMMIT_POINTS: readonly CommitPoint[] = [
  ...(
    [
      ["the temporary file is made", "open", temporaryIn("runs/adhoc")],
      ["it is written", "file.writeFile", temporaryIn("runs/adhoc")],
      ["it takes its place", "rename", "/runs/adhoc/2[^/]*\\.json$"],
      ["`last.json` takes its place", "renameSync", "/runs/adhoc/last\\.json$"],
    ] as const
  ).map(([point, call, path]) => ({ what: "record of a run", role: "daemon", point, call, path }) as const),
  // As long as a daemon hears of it: then nothing is flushed.
  ...(
    [
      ["the temporary file is written", "writeFileSync", temporaryIn("sessions/\\w+")],
      ["it takes its place", "renameSync", "exit\\.json$"],
    ] as const
  ).map(([point, call, path]) => ({ what: "exit of a session", role: "supervisor", point, call, path }) as const),
  ...(
    [
      ["output is written", "writev", "output\\.\\d+\\.raw$"],
      ["the index is written", "write", "output\\.idx$"],
      ["the digest is written", "writeFileSync", "output\\.\\d+\\.\\w*sha256$"],
    ] as const
  ).map(([point, call, path]) => ({ what: "journal of a terminal", role: "supervisor", point, call, path }) as const),
];
