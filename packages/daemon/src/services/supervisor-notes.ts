import { entityOfSupervisor } from "@orchastration/protocol";
import { DAEMON } from "../domain/actors.ts";
import type { Log } from "../logging/log.ts";
import type { OtherEvent } from "../registry/registry.ts";
import type { PoolListener } from "../supervisors/listener.ts";

/** Event log and log file hear of the supervisors' coming, going and falling silent. */
export interface SupervisorNotes extends Pick<PoolListener, "onStarted" | "onSilence" | "onUnusable"> {
  lost(supervisor: { readonly id: string; readonly pid: number }): void;
}

/** @param note commits an event, in the background */
export function createSupervisorNotes(note: (event: OtherEvent) => void, log: Log): SupervisorNotes {
  return {
    onStarted: ({ id, pid, version }) =>
      note({
        name: "supervisor.started",
        entity: entityOfSupervisor(id),
        actor: DAEMON,
        payload: { supervisor: id, pid, version },
      }),
    lost: ({ id, pid }) =>
      note({
        name: "supervisor.lost",
        entity: entityOfSupervisor(id),
        actor: DAEMON,
        payload: { supervisor: id, pid },
      }),
    onSilence({ id, pid }, isSilent) {
      if (isSilent) log.warn("supervisor.silent", `supervisor ${id} does not answer`, { supervisor: id, pid });
      else log.info("supervisor.answers", `supervisor ${id} answers again`, { supervisor: id, pid });
    },
    onUnusable: ({ id, pid }, error) =>
      log.error("supervisor.unusable", `supervisor ${id}: ${String(error)}`, { supervisor: id, pid }),
  };
}
