import type { ResilientClient } from "@orchastration/client";
import { taskName } from "@orchastration/protocol";
import type { TaskView } from "@orchastration/protocol/contract";
import { CommandError } from "../../command-error.ts";
import type { Context } from "../../context.ts";
import { untilStarted } from "../../follow/run-end.ts";
import { withSpinner } from "../../output/spinner.ts";
import { printTask, reasonOf } from "../../output/task.ts";
import { sizeOfTerminal } from "../../terminal/has-terminal.ts";
import { callersUmask, readVariables, wholeEnvironment, withinLimits } from "../run-options.ts";

interface Start {
  readonly task: string;
  readonly isAttached: boolean;
  readonly env: readonly string[];
  /** With the conversation it had. */
  readonly isResumed?: boolean;
}

/** Starts a task's agent and waits until it lives, so that what goes wrong on the way is told; one in the queue is not waited for. */
export async function startTask(context: Context, start: Start): Promise<number> {
  const terminal = sizeOfTerminal(context.stdout);
  const params = {
    context: context.caller,
    task: start.task,
    environment: wholeEnvironment(context.env),
    umask: callersUmask(),
    ...(start.env.length === 0 ? {} : { env: readVariables(start.env) }),
    ...(terminal === undefined ? {} : { terminal }),
  };
  const client = await context.connectResiliently();
  try {
    const { run, task: asked } = await withinLimits(
      client.call(start.isResumed === true ? "task.resume" : "task.start", params),
    );
    if (run !== null && (run.state.status === "preparing" || start.isAttached)) {
      await withSpinner(context, () => `starting task ${taskName(asked)}`, untilStarted(client, run));
    }
    const { task } = await client.call("task.get", { context: context.caller, task: asked.id });
    if (run !== null && !isUnderWay(task)) await requireLaunch(client, context, task, run.id);
    if (start.isAttached && task.hasLiveSession && run !== null) {
      const attach = await import("../attach.ts");
      return await attach.run(context, { run: run.id, readOnly: false });
    }
    await printTask(context, task, sentence(task));
    return 0;
  } finally {
    client.close();
  }
}

/** An agent that was quick has run; one that never lived is told with the step that failed, and the task is as it was or has failed. */
async function requireLaunch(
  client: Pick<ResilientClient, "call">,
  context: Context,
  task: TaskView,
  id: string,
): Promise<void> {
  const { state } = (await client.call("run.get", { context: context.caller, run: id })).run;
  if (!("reason" in state) || ("startedAt" in state && state.startedAt !== null)) return;
  const name = taskName(task);
  throw new CommandError("StartFailed", `Task ${name} could not be started: ${state.reason}`, {
    hint: `The task ${isOrHas(task)}. Once that is mended: \`orchastration start ${name}\``,
  });
}

function isUnderWay({ state: { status } }: TaskView): boolean {
  return status === "queued" || status === "starting" || status === "running" || status === "idle";
}

function isOrHas({ state: { status } }: TaskView): string {
  return status === "failed" ? "has failed" : `is ${status}`;
}

function sentence(task: TaskView): string {
  const name = taskName(task);
  const reason = reasonOf(task);
  switch (task.state.status) {
    case "queued":
      return `Task ${name} is queued: as many runs as the configuration allows are in progress. It starts by itself.`;
    case "starting":
    case "running":
    case "idle":
      return task.kind === "configured"
        ? `Task ${name} is running. Follow it: \`orchastration logs ${task.run} --follow\``
        : `Task ${name} is running in ${task.worktreePath}. Attach to it: \`orchastration attach ${name}\``;
    default:
      return `Task ${name} ${isOrHas(task)}${reason === null ? "" : `: ${reason}`}`;
  }
}
