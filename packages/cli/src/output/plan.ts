import { jobRecordOf, runFacts, taskName, toPlainText } from "@orchastration/protocol";
import type { Document, Plan, PlanView } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";

export function planEntry({ task, definition, progress, stale, isDocumented }: PlanView) {
  return {
    name: taskName(task),
    description: definition.description,
    repo: definition.repo,
    status: progress,
    task_status: task.state.status,
    argv: [...definition.argv],
    working_dir: definition.workingDir,
    planned_at: task.plan?.plannedAt ?? null,
    stale: stale.map(({ field }) => field),
    documented: isDocumented,
  };
}

function planDocument(view: PlanView): Document<"plan"> {
  const { task, build, stale, missingDocuments } = view;
  return {
    ...planEntry(view),
    reason: "reason" in task.state ? task.state.reason : null,
    plan: task.plan === undefined ? null : planFields(task.plan),
    changes: stale.map(({ field, planned, configured }) => ({ field, planned, configured })),
    last_build: build === null ? null : jobRecordOf(build),
    outputs: build === null ? [] : (runFacts(build.state).summary?.files ?? []),
    missing_documents: missingDocuments,
  };
}

function planFields(plan: Plan): NonNullable<Document<"plan">["plan"]> {
  const { argv, workingDir, environment, base, inputs, outputs, documents, configurationDigest } = plan;
  return {
    argv: [...argv],
    working_dir: workingDir,
    environment,
    base: base === null ? null : { commit: base.commit, tree: base.tree, dirty: base.isDirty },
    inputs,
    outputs,
    documents,
    configuration_sha256: configurationDigest,
  };
}

/** One line of facts on standard output, and on standard error what there is to do. */
export async function printPlan({ output, globals }: Context, view: PlanView): Promise<void> {
  if (globals.json) {
    await output.json<"plan">(planDocument(view));
    return;
  }
  const { name, status, planned_at, stale, documented } = planEntry(view);
  const facts = [
    `task=${name}`,
    `status=${status}`,
    `planned=${planned_at ?? "no"}`,
    ...(stale.length === 0 ? [] : [`stale=${stale.join(",")}`]),
    `documented=${documented ? "yes" : "no"}`,
  ];
  await output.print(toPlainText(facts.join(" ")));
  for (const advice of adviceOn(view)) await output.note(toPlainText(advice));
}

function adviceOn(view: PlanView): string[] {
  const { task, build, progress, stale, isDocumented, missingDocuments } = view;
  const name = taskName(task);
  if (task.plan === undefined) return [`Plan it: \`orchastration plan create ${name}\``];
  const advice: string[] = [];
  if (task.state.status === "failed" || task.state.status === "stopped") {
    advice.push(`Task ${name} is ${task.state.status}: ${task.state.reason}`);
  }
  if (stale.length > 0) {
    const changes = stale.map(
      ({ field, planned, configured }) => `${field}: planned ${asText(planned)}, now ${asText(configured)}`,
    );
    advice.push(
      `The plan is stale. ${changes.join("; ")}. Plan and build: \`orchastration build run ${name} --replan\``,
    );
  } else if (build === null) advice.push(`Build it: \`orchastration build run ${name}\``);
  if (progress === "done" && !isDocumented) {
    advice.push(
      missingDocuments.length === 0
        ? `Document it: \`orchastration doc generate ${name}\``
        : `Documents are missing: ${missingDocuments.join(", ")}. Write them, then \`orchastration doc generate ${name}\``,
    );
  }
  return advice;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
