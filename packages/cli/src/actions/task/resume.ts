import type { Action } from "../../command.ts";
import type { resume } from "../../commands/task/resume.ts";
import { startTask } from "./start-and-follow.ts";

export const run: Action<typeof resume> = (context, { task, attach, env }) =>
  startTask(context, { task, isAttached: attach, env, isResumed: true });
