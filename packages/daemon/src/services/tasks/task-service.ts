import type { Params, Result } from "@orchastration/protocol/contract";
import type { WriteTasks } from "./create-task.ts";
import type { ExecInTask } from "./exec-in-task.ts";
import type { InitRepository } from "./init-repository.ts";
import type { MergeTask } from "./merge-task.ts";
import type { RemoveTask } from "./remove-task.ts";
import type { StartTask } from "./start-task.ts";
import type { StopTask } from "./stop-task.ts";
import type { TaskQueries } from "./task-queries.ts";
import type { TaskWords } from "./task-words.ts";
import type { WatchTasks } from "./watch-tasks.ts";

/** Everything that is done with tasks, as clients ask for it. */
export interface TaskService
  extends WriteTasks,
    StartTask,
    ExecInTask,
    TaskWords,
    TaskQueries,
    Pick<WatchTasks, "watch">,
    Pick<StopTask, "stop">,
    Pick<MergeTask, "merge">,
    Pick<RemoveTask, "remove" | "collect"> {
  readonly init: InitRepository;
  readonly listAgents: (params: Params<"agent.list">) => Promise<Result<"agent.list">>;
}
