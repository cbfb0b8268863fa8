import type { Place } from "../machine.ts";
import type { Contest } from "../measure.ts";
import { echo } from "../terminals/echo.ts";
import { attachTime, idleSessions, startRate } from "../terminals/sessions.ts";
import { throughput } from "../terminals/throughput.ts";
import { dayOfWork } from "./day.ts";
import { worktrees } from "./git.ts";
import { hash, loopWhileHashing } from "./hash.ts";
import { queue } from "./queue.ts";
import { registry } from "./registry.ts";
import { rpc } from "./rpc.ts";
import { run, start } from "./start.ts";

/** Prepares what is to be compared. */
type Prepare = (place: Place) => Promise<readonly Contest[]>;

/** Each part of an area has a home, and with it a daemon, of its own. */
export const areas: Readonly<Record<string, readonly Prepare[]>> = {
  start: [start],
  run: [run],
  rpc: [rpc],
  queue: [queue],
  terminals: [echo, throughput, attachTime, startRate, idleSessions],
  registry: [registry],
  hash: [hash, loopWhileHashing],
  git: [worktrees],
  daemon: [dayOfWork],
};
