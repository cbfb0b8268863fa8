import { DAEMON } from "../domain/actors.ts";
import type { Log } from "../logging/log.ts";
import type { OtherEvent } from "../registry/registry.ts";
import type { OwnConfig } from "./own-config.ts";

export interface ReloadConfigDependencies {
  readonly own: Pick<OwnConfig, "reload">;
  readonly file: string;
  readonly note: (event: OtherEvent) => Promise<void>;
  /** What depends on the configuration looks at it again. */
  readonly onReloaded: () => void;
  readonly log: Log;
}

/** Reads the daemon's own configuration again after its file changed. A bad one changes nothing, and is recorded. */
export function createReloadConfig({
  own,
  file,
  note,
  onReloaded,
  log,
}: ReloadConfigDependencies): () => Promise<void> {
  return async () => {
    const change = await own.reload();
    if (change.outcome === "rejected") {
      log.error("config.rejected", change.problems.join("; "));
      const payload = { file, problems: [...change.problems] };
      return note({ name: "config.rejected", entity: "config", actor: DAEMON, payload });
    }
    onReloaded();
    log.info("config.reloaded", file);
    return note({ name: "config.reloaded", entity: "config", actor: DAEMON, payload: { file } });
  };
}
