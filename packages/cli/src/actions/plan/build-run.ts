import type { ResilientClient } from "@orchastration/client";
import { jobRecordOf, missingFiles, runFacts, taskName, toPlainText } from "@orchastration/protocol";
import type { Result } from "@orchastration/protocol/contract";
import type { Action } from "../../command.ts";
import type { buildRun } from "../../commands/plan/build-run.ts";
import type { Context } from "../../context.ts";
import { exitCodeAfter, reportEnd } from "../../follow/report-end.ts";
import { type ReportEnd, runToEnd } from "../../follow/run-to-end.ts";
import { sizeOfTerminal } from "../../terminal/has-terminal.ts";
import { callersUmask, wholeEnvironment, withinLimits } from "../run-options.ts";

type Build = Result<"build.run">;

export const run: Action<typeof buildRun> = async (context, { task, replan, timeout }) => {
  const terminal = sizeOfTerminal(context.stdout);
  const params = {
    context: context.caller,
    task,
    replan,
    environment: wholeEnvironment(context.env),
    umask: callersUmask(),
    ...(terminal === undefined ? {} : { terminal }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout * 1_000 }),
  };
  let build: Build | undefined;
  const start = async (client: ResilientClient): Promise<Build["run"]> => {
    build = await withinLimits(client.call("build.run", params));
    await noteChangedInputs(context, build);
    return build.run;
  };
  const report: ReportEnd = async (client, run, end, stopSignal) => {
    if (!context.globals.json) return await reportEnd(context, client, run, end, stopSignal);
    const exitCode = exitCodeAfter(run, end.state, stopSignal);
    await printBuild(context, client, run.id, build, exitCode);
    return exitCode;
  };
  return await runToEnd(context, false, start, report);
};

async function noteChangedInputs({ globals, output }: Context, { changedInputs, plan }: Build): Promise<void> {
  if (globals.json || changedInputs.length === 0) return;
  const paths = changedInputs.map(({ path }) => path).join(", ");
  await output.note(toPlainText(`Inputs of task ${taskName(plan.task)} are not as planned: ${paths}`));
}

async function printBuild(
  { caller, output }: Context,
  client: Pick<ResilientClient, "call">,
  id: string,
  build: Build | undefined,
  exitCode: number,
): Promise<void> {
  const { run } = await client.call("run.get", { context: caller, run: id });
  const task = run.task?.id ?? run.name;
  const { plan } = await client.call("plan.status", { context: caller, task });
  const outputs = runFacts(run.state).summary?.files ?? [];
  await output.json<"build">({
    name: run.name,
    status: plan.progress,
    exit_code: exitCode,
    run: jobRecordOf(run),
    outputs,
    missing_outputs: missingFiles(outputs),
    changed_inputs: (build?.changedInputs ?? []).map(({ path }) => path),
  });
}
