import { mkdirSync, rmSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import { join } from "node:path";
import { namesIn, readExitFile } from "@orchastration/protocol/node";
import type { ExitedSession } from "@orchastration/protocol/supervisor";

/** `state/sessions/<id>/`: where a supervisor leaves a session's exit before it reports it, and where a pty session has its journal. */
export interface SessionDirectories {
  pathOf(session: string): string;
  create(session: string): string;
  /** The exit a supervisor wrote down and nobody acknowledged; undefined when there is none. */
  findExit(session: string): ExitedSession | undefined;
  /** Sessions that have one. */
  names(): readonly string[];
  remove(session: string): void;
  /** The same, of which nothing is expected to be left but the directory itself. */
  removeEmpty(session: string): Promise<void>;
}

export function createSessionDirectories(stateDir: string): SessionDirectories {
  const pathOf = (session: string): string => join(stateDir, "sessions", session);
  const remove = (session: string): void => rmSync(pathOf(session), { recursive: true, force: true });
  return {
    pathOf,
    create(session) {
      const path = pathOf(session);
      mkdirSync(path, { recursive: true, mode: 0o700 });
      return path;
    },
    findExit: (session) => readExitFile(pathOf(session)),
    names: () => namesIn(join(stateDir, "sessions")),
    remove,
    // Looking for what to remove takes longer than removing it.
    removeEmpty: (session) => rmdir(pathOf(session)).catch(() => remove(session)),
  };
}
