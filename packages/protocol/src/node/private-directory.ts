import { lstatSync, mkdirSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { OrchastrationError } from "../errors.ts";
import { messageOf } from "../thrown.ts";
import { errorCode } from "./error-code.ts";

const WRITABLE_BY_OTHERS = 0o022;

/**
 * Makes sure that `path` is a directory only this user can change, creating it (0700) and its parents when missing. At once: nobody can be served before.
 * @throws {OrchastrationError} StateUnavailable when what is there cannot be trusted, or nothing can be created there.
 */
export function ensurePrivateDirectory(path: string): void {
  createPrivately(path);
  const objection = objectionTo(lstatSync(path));
  if (objection !== undefined) {
    throw new OrchastrationError("StateUnavailable", `Refusing to use ${path}: it ${objection.found}.`, {
      hint: objection.hint,
      details: { path },
    });
  }
}

/**
 * The first of the directories that exists or can be created and is private. Those after the first serve when the session's runtime directory
 * is gone (logout, `su`); one that exists and cannot be trusted is refused, not passed over: somebody put it there.
 */
export function firstPrivateDirectory(paths: readonly string[]): string {
  let failure: unknown = new OrchastrationError("StateUnavailable", "There is no directory to put sockets in.");
  for (const path of paths) {
    try {
      ensurePrivateDirectory(path);
      return path;
    } catch (error) {
      if (!(error instanceof OrchastrationError) || error.cause === undefined) throw error;
      failure = error;
    }
  }
  throw failure;
}

function createPrivately(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw cannotCreate(path, error);
  }
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw cannotCreate(path, error);
  }
}

function cannotCreate(path: string, cause: unknown): OrchastrationError {
  const reason = messageOf(cause);
  return new OrchastrationError("StateUnavailable", `Cannot create the directory ${path}: ${reason}.`, {
    hint: "Create it yourself with mode 0700, or choose another place with --state-dir.",
    details: { path },
    cause,
  });
}

function objectionTo(stats: Stats): { found: string; hint: string } | undefined {
  if (stats.isSymbolicLink()) {
    return { found: "is a symbolic link", hint: "Remove the link, or name the directory behind it." };
  }
  if (!stats.isDirectory()) return { found: "is no directory", hint: "Move the file away, or choose another place." };
  // Windows has no owner or mode to look at: the user's profile protects what is in it.
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  if (stats.uid !== uid) {
    return {
      found: `belongs to another user (uid ${stats.uid})`,
      hint: "Remove it or have it removed: whoever made it could take over your sessions.",
    };
  }
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) {
    return { found: "is writable by other users", hint: "Run `chmod go-w` on it after a look at what is inside." };
  }
  return undefined;
}
