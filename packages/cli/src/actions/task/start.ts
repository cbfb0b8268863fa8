import type { Action } from "../../command.ts";
import type { start } from "../../commands/task/start.ts";
import { startTask } from "./start-and-follow.ts";

export const run: Action<typeof start> = (context, { task, attach, env }) =>
  startTask(context, { task, isAttached: attach, env });
