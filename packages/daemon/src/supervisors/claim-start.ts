import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { OrchastrationError } from "@orchastration/protocol";
import { errorCode, journalIndexPath } from "@orchastration/protocol/node";
import type { SpawnParams } from "@orchastration/protocol/supervisor";

/**
 * Makes the file that a supervisor makes, exclusively, before it starts a session's command. True: no supervisor has started it, and none that was
 * asked before will, however late it reads the request. False: one has made it, and the command was started, or is about to be.
 * @throws OrchastrationError StateUnavailable when it cannot be made
 */
export function claimStart({ output, directory }: Pick<SpawnParams, "output" | "directory">): boolean {
  const path = output.kind === "pty" ? journalIndexPath(directory) : output.stdoutPath;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, "wx", 0o600));
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw new OrchastrationError("StateUnavailable", `cannot create ${path}: ${String(error)}`, { cause: error });
  }
}
