import { initial } from "./0001-initial.ts";
import { tasks } from "./0002-tasks.ts";
import { orchestrations } from "./0003-orchestrations.ts";
import { runTasks } from "./0004-run-tasks.ts";
import type { Migration } from "./migration.ts";

export type { Migration };

/** In the order in which they are taken. */
export const MIGRATIONS: readonly Migration[] = [initial, tasks, orchestrations, runTasks];
