import type { Lease, Task } from "@orchastration/protocol/contract";
import type { Environment } from "../child-environment.ts";

/** What every command of a task finds in its environment, and in its argv as placeholders, beside what every run's does. */
export function taskFacts(task: Task, directory: string, lease: Lease | null, agent: string | null): Environment {
  return {
    ORCHASTRATION_TASK_ID: task.number === null ? task.slug : String(task.number),
    ORCHASTRATION_TASK_SLUG: task.slug,
    ORCHASTRATION_TASK_TITLE: task.title,
    ORCHASTRATION_WORKTREE: directory,
    ...(lease === null ? {} : { ORCHASTRATION_BASE_BRANCH: lease.baseBranch, ORCHASTRATION_BRANCH: lease.branch }),
    ...(agent === null ? {} : { ORCHASTRATION_AGENT: agent }),
  };
}

/** What the agent is told: the title, and what stands below the header. */
export function promptOf(task: Task, body: string): string {
  const text = body.trim();
  return text === "" || text.startsWith(task.title) ? text || task.title : `${task.title}\n\n${text}`;
}
