import { taskName, toPlainText } from "@orchastration/protocol";
import type { Document, TaskView } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";

export function taskDocument(task: TaskView): Document<"task"> {
  const { state, lease } = task;
  return {
    name: taskName(task),
    id: task.number,
    slug: task.slug,
    title: task.title,
    kind: task.kind,
    repository: task.repository,
    status: state.status,
    reason: reasonOf(task),
    agent: task.agent,
    labels: task.labels,
    base_branch: lease?.baseBranch ?? task.baseBranch,
    branch: lease?.branch ?? null,
    worktree: task.worktreePath,
    file: task.filePath,
    created_at: task.createdAt,
    run_id: task.run,
    session_live: task.hasLiveSession,
    session_id: task.conversation,
    activity: task.activity,
    merged_into: state.status === "merged" ? state.into : null,
    merge_commit: state.status === "merged" ? state.commit : null,
    problems: task.problems,
  };
}

/** Why a task is as it is, where there is something to say. */
export function reasonOf({ state, activity }: TaskView): string | null {
  if ("reason" in state && state.reason !== null) return state.reason;
  if (state.status === "merged") return `into ${state.into} as ${state.commit.slice(0, 8)}`;
  return state.status === "running" && activity !== null ? `${activity.state}: ${activity.reason}` : null;
}

/** Prints a task after something was done with it. */
export async function printTask(context: Context, task: TaskView, sentence: string): Promise<void> {
  if (context.globals.json) await context.output.json<"task">(taskDocument(task));
  else await context.output.note(toPlainText(sentence));
}
