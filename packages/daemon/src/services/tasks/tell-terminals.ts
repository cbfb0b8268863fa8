import type { Log } from "../../logging/log.ts";
import { type Notification, type TaskNews, toNotification } from "../../notifications/notification.ts";
import type { SupervisorPool } from "../../supervisors/pool.ts";
import type { LiveRuns } from "../live-runs.ts";

export interface TellTerminalsDependencies {
  readonly liveRuns: Pick<LiveRuns, "live">;
  readonly pool: Pick<SupervisorPool, "ask" | "findLive">;
  readonly log: Log;
}

/**
 * Tells whoever is attached to a terminal, by way of its supervisor: attached clients have no connection to the daemon. A supervisor that cannot be
 * reached, or is too old to pass it on, is not waited for.
 */
export function createTellTerminals({ liveRuns, pool, log }: TellTerminalsDependencies): (news: Notification) => void {
  const isAttached = (session: string): boolean =>
    (pool.findLive(session)?.session.terminal?.attachments.length ?? 0) > 0;

  return ({ news }) => {
    for (const { id: session } of liveRuns.live()) {
      if (!isAttached(session)) continue;
      const [first, ...others] = news.filter((item) => !isSeen(item, session));
      if (first === undefined) continue;
      const { title, body } = toNotification([first, ...others]);
      pool.ask("session.tell", { session, title, body }).catch((error: unknown) => {
        log.debug("notification.untold", `terminals: ${String(error)}`, { session });
      });
    }
  };
}

/** Its own screen shows that a session waits; that its task is completed or has failed does not show there. */
function isSeen({ kind, session: own }: TaskNews, session: string): boolean {
  return kind === "idle" && own === session;
}
