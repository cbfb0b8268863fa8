import { jobRecordOf, runFacts, taskName, toPlainText } from "@orchastration/protocol";
import type { Document, Result, TaskView } from "@orchastration/protocol/contract";
import type { Action } from "../command.ts";
import type { status } from "../commands/status.ts";
import type { Context } from "../context.ts";
import { formatDuration, formatTime } from "../output/format.ts";
import { reasonOf, taskDocument } from "../output/task.ts";

type Status = Result<"repository.status">;
type JobWithLastRun = Status["jobs"][number];

export const run: Action<typeof status> = async (context, { task: reference, watch }) => {
  const { globals, output, caller } = context;
  if (reference !== undefined) {
    const { describeTask } = await import("./task/describe.ts");
    return await describeTask(context, reference);
  }
  if (watch) {
    const { watchStatus } = await import("../follow/watch-status.ts");
    const { stdout, colorWishes } = context;
    return await watchStatus(context, (found, gathered) =>
      globals.json
        ? gathered.jsonLine<"status">(documentOf(found))
        : printStatus({ stdout, colorWishes, output: gathered }, found),
    );
  }
  const found = await context.ask("repository.status", { context: caller });
  if (globals.json) await output.json<"status">(documentOf(found));
  else await printStatus(context, found);
  return 0;
};

function documentOf({ repository, jobs, tasks, problems }: Status): Document<"status"> {
  return {
    jobs: jobs.map(({ name, description, lastRun }) => ({
      name,
      description,
      last_run: lastRun === null ? null : jobRecordOf(lastRun),
    })),
    repository,
    tasks: tasks.map(taskDocument),
    problems: [...problems],
  };
}

async function printStatus(context: Pick<Context, "stdout" | "colorWishes" | "output">, status: Status): Promise<void> {
  const { jobs, tasks, problems } = status;
  const { printTable } = await import("../output/table.ts");
  if (jobs.length > 0) await printTable(context, jobColumns, jobs);
  if (tasks.length > 0) {
    if (jobs.length > 0 && context.stdout.isTTY) await context.output.print("");
    await printTable(context, taskColumns, tasks);
  }
  for (const { file, line, message, suggestion } of problems) {
    const place = line === null ? file : `${file}:${line}`;
    const meant = suggestion === null ? "" : ` (did you mean ${suggestion}?)`;
    await context.output.warn(toPlainText(`${place}: ${message}${meant}`));
  }
  if (jobs.length + tasks.length + problems.length > 0) return;
  await context.output.note(whatToBeginWith(status));
}

function whatToBeginWith({ repository, isInitialized }: Status): string {
  if (repository === null) return "No jobs are configured. `orchastration config path` says where to write them.";
  const first = isInitialized ? "`orchastration new <slug>`" : "`orchastration init`";
  return `No jobs are configured and no task is written down. Begin with ${first}.`;
}

const jobColumns = [
  { title: "JOB", value: ({ name }: JobWithLastRun) => name },
  { title: "STATUS", value: ({ lastRun }: JobWithLastRun) => lastRun?.state.status ?? "never ran" },
  {
    title: "STARTED",
    value: ({ lastRun }: JobWithLastRun) => formatTime(lastRun && runFacts(lastRun.state).startedAt),
  },
  {
    title: "DURATION",
    value: ({ lastRun }: JobWithLastRun) => formatDuration(lastRun && runFacts(lastRun.state).durationMs),
  },
  { title: "RUN", value: ({ lastRun }: JobWithLastRun) => lastRun?.id ?? "-" },
];

const taskColumns = [
  { title: "TASK", value: taskName },
  { title: "STATUS", value: ({ state, hasLiveSession }: TaskView) => statusOf(state.status, hasLiveSession) },
  { title: "AGENT", value: ({ agent }: TaskView) => agent ?? "-" },
  { title: "BRANCH", value: ({ lease }: TaskView) => lease?.branch ?? "-" },
  { title: "TITLE", value: ({ title }: TaskView) => title },
  {
    title: "BECAUSE",
    value: (task: TaskView) => reasonOf(task) ?? (task.problems.length > 0 ? "its file or worktree needs a look" : "-"),
  },
];

/** A finished task whose agent still lives is worth a word. */
function statusOf(status: TaskView["state"]["status"], isLive: boolean): string {
  const isFinished = status === "completed" || status === "reviewed" || status === "failed";
  return isFinished && isLive ? `${status} (live)` : status;
}
