import { messageOf } from "@orchastration/protocol";
import { removeExitFile, writeExitFile } from "@orchastration/protocol/node";
import type { ExitedSession } from "@orchastration/protocol/supervisor";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** After a failure to write, usually a full disk. */
const RETRY_MS = 5000;

/** The exit of a session on its way to the disk. */
export interface ExitRecord {
  /** Resolves after the first attempt, successful or not: a full disk must not hide that a session ended. */
  readonly attempted: Promise<void>;
  /** Nothing is lost when this process ends. */
  isDurable(): boolean;
  /** Removes it; nothing writes it again. */
  forget(): Promise<void>;
}

/**
 * @param isFlushed false: a daemon is about to hear of it, and makes it durable itself before it tells anybody; the file is for the case that the
 * daemon, or this process, ends before that
 */
export function keepExit(
  clock: Clock,
  log: Log,
  directory: string,
  exited: ExitedSession,
  isFlushed = true,
): ExitRecord {
  let isDurable = false;
  let isWanted = true;
  let cancelRetry = (): void => {};

  async function attempt(): Promise<void> {
    try {
      await writeExitFile(directory, exited, isFlushed);
      isDurable = true;
    } catch (error) {
      log.error("exit.unwritten", `Cannot write the exit of a session: ${messageOf(error)}`, {
        session: exited.session,
      });
      if (isWanted) {
        cancelRetry = clock.after(RETRY_MS, () => {
          latest = attempt();
        });
      }
    }
  }

  let latest = attempt();
  return {
    attempted: latest,
    isDurable: () => isDurable,
    async forget() {
      isWanted = false;
      cancelRetry();
      await latest;
      removeExitFile(directory);
    },
  };
}
