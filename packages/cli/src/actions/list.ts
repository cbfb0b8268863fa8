import { toPlainText } from "@orchastration/protocol";
import type { Action } from "../command.ts";
import type { list } from "../commands/list.ts";

export const run: Action<typeof list> = async ({ connect, caller, globals, output }) => {
  const client = await connect();
  const { jobs } = await client.call("job.list", { context: caller });
  if (globals.json) {
    await output.json<"jobList">({
      jobs: jobs.map(({ name, description, argv, workingDir, timeoutMs, isTty, group, priority, repository }) => ({
        name,
        description,
        argv: [...argv],
        working_dir: workingDir,
        timeout_seconds: timeoutMs === null ? null : timeoutMs / 1_000,
        tty: isTty,
        group,
        priority,
        repository,
      })),
    });
    return 0;
  }
  for (const { name, description } of jobs)
    await output.print(toPlainText(description === "" ? name : `${name} - ${description}`));
  if (jobs.length === 0)
    await output.note("No jobs are configured. `orchastration config path` says where to write them.");
  return 0;
};
