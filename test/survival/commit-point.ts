import type { Trap } from "./stage.ts";

export interface CommitPoint {
  readonly what: "record of a run" | "exit of a session" | "journal of a terminal";
  readonly point: string;
  readonly role: Trap["role"];
  readonly call: string;
  readonly path: string;
  /** What is written can be read already. */
  readonly isInPlace?: boolean;
}

const temporaryIn = (folder: string): string => `/${folder}/\\.\\w+\\.tmp$`;

const SESSION_FOLDER = "/sessions/\\w+$";

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
  ...(
    [
      ["the temporary file is made", "open", temporaryIn("sessions/\\w+")],
      ["it is written", "file.writeFile", temporaryIn("sessions/\\w+")],
      ["it is flushed", "file.sync", temporaryIn("sessions/\\w+")],
      ["it takes its place", "rename", "exit\\.json$"],
      ["its folder is flushed", "file.sync", SESSION_FOLDER],
    ] as const
  ).map(([point, call, path]) => {
    const isInPlace = path === SESSION_FOLDER;
    return { what: "exit of a session", role: "supervisor", point, call, path, isInPlace } as const;
  }),
  ...(
    [
      ["output is written", "writev", "output\\.\\d+\\.raw$"],
      ["the index is written", "write", "output\\.idx$"],
      ["the digest is written", "writeFileSync", "output\\.\\d+\\.\\w*sha256$"],
    ] as const
  ).map(([point, call, path]) => ({ what: "journal of a terminal", role: "supervisor", point, call, path }) as const),
];
