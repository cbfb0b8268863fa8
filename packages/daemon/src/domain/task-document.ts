import { exitCodeOf, missingFiles, runFacts, toPlainJson } from "@orchastration/protocol";
import type { Base, ObservedFile, Plan, Run, StoredEvent } from "@orchastration/protocol/contract";
import { markdownCode, markdownParagraph, markdownTarget, markdownText } from "./markdown.ts";
import { changedInputs } from "./plan.ts";

/** Everything that the documents of a task tell. They name no ids: building the same once more changes times and event numbers only. */
export interface DocumentedTask {
  readonly name: string;
  readonly plan: Plan;
  /** Seq of the event that holds the plan. */
  readonly plannedSeq: number;
  /** The newest build that has ended. */
  readonly build: Run | null;
  /** Of that build, oldest first. */
  readonly events: readonly Pick<StoredEvent, "seq" | "at" | "name">[];
}

/** Where the document of a task stands in its working directory. */
export function documentPath(name: string): string {
  return `docs/tasks/${name}.md`;
}

/** The whole document: lines that each end with LF. */
export function taskDocument(task: DocumentedTask): string {
  const { name, plan, plannedSeq, build } = task;
  return paragraphs([
    [`# ${markdownText(name)}`],
    ...about(plan),
    ["## Plan"],
    [
      item("Planned", `${plan.plannedAt} (event ${plannedSeq})`),
      ...commandLines(plan),
      item(
        "Environment",
        `${plan.environment.names.length} variables, digest ${markdownCode(plan.environment.digest)}`,
      ),
      item("Base", baseText(plan.base)),
      item("Configuration", `SHA-256 ${markdownCode(plan.configurationDigest)}`),
      ...list("Inputs", plan.inputs.map(fileText)),
      ...list("Expected outputs", plan.outputs.map(markdownCode)),
      ...list("Documents", plan.documents.map(markdownCode)),
    ],
    ["## Last build"],
    build === null ? ["There was none yet."] : buildLines(plan, build),
    ...(task.events.length === 0 ? [] : [["## Events of the last build"], eventTable(task.events)]),
  ]);
}

/** The section of README.md. */
export function readmeSection({ name, plan, build }: DocumentedTask): string {
  const path = documentPath(name);
  return paragraphs([
    [`## ${markdownText(name)}`],
    ...about(plan),
    [
      ...commandLines(plan),
      item("Last build", build === null ? "none yet" : `${resultText(build)}, ${timeText(build)}`),
      ...(build === null ? [] : outputLines(build)),
    ],
    [`Plan, outputs and events: [${markdownText(path)}](${markdownTarget(path)})`],
  ]);
}

function about({ description }: Plan): string[][] {
  const text = markdownParagraph(description);
  return text === "" ? [] : [[text]];
}

function commandLines({ argv, workingDir }: Pick<Run, "argv" | "workingDir">): string[] {
  return [item("Command", markdownCode(toPlainJson(argv))), item("Working directory", markdownCode(workingDir))];
}

function buildLines(plan: Plan, build: Run): string[] {
  const changed = changedInputs(plan.inputs, build.inputs ?? []);
  return [
    item("Plan", planText(plan, build)),
    ...commandLines(build),
    ...(build.program === undefined ? [] : [item("Program", programText(build.program))]),
    item("Result", resultText(build)),
    item("Time", timeText(build)),
    ...(changed.length === 0
      ? []
      : list(
          "Inputs that were not as planned",
          changed.map(({ path, found }) => (found === null ? `${markdownCode(path)}: not declared` : fileText(found))),
        )),
    ...outputLines(build),
  ];
}

function planText(plan: Plan, { task }: Run): string {
  if (task?.plan === plan.id) return "as above";
  return task?.plan === undefined ? "it was started without one" : "an earlier one; the one above was not built yet";
}

function programText({ path, sha256 }: NonNullable<Run["program"]>): string {
  return sha256 === null ? markdownCode(path) : `${markdownCode(path)}, SHA-256 ${markdownCode(sha256)}`;
}

function resultText({ state }: Run): string {
  const { summary, reason } = runFacts(state);
  const code = exitCodeOf(state);
  const missing = missingFiles(summary?.files);
  return [
    state.status.replaceAll("_", " "),
    ...(code === null ? [] : [`exit code ${code}`]),
    ...(reason === null ? [] : [markdownText(reason)]),
    ...(missing.length === 0 ? [] : [`missing outputs: ${missing.map(markdownCode).join(" ")}`]),
  ].join(", ");
}

function timeText({ state }: Run): string {
  const { startedAt, durationMs } = runFacts(state);
  return `${startedAt ?? "never started"}, ${Math.round(durationMs ?? 0)} ms`;
}

function outputLines({ state }: Run): string[] {
  return list("Outputs", (runFacts(state).summary?.files ?? []).map(fileText));
}

function fileText({ path, bytes, sha256 }: ObservedFile): string {
  const facts = sha256 === null ? "missing" : `${bytes ?? 0} bytes, SHA-256 ${markdownCode(sha256)}`;
  return `${markdownCode(path)}: ${facts}`;
}

function baseText(base: Base | null): string {
  if (base === null) return "in no repository, or before its first commit";
  return `commit ${markdownCode(base.commit)}, ${base.isDirty ? "with changes that were not committed" : "clean"}`;
}

function eventTable(events: DocumentedTask["events"]): string[] {
  return [
    "| Event | Time | What |",
    "| ---: | --- | --- |",
    ...events.map(({ seq, at, name }) => `| ${seq} | ${at} | ${markdownCode(name)} |`),
  ];
}

function item(label: string, text: string): string {
  return `- ${label}: ${text}`;
}

function list(label: string, items: readonly string[]): string[] {
  return items.length === 0 ? [`- ${label}: none`] : [`- ${label}:`, ...items.map((text) => `  - ${text}`)];
}

function paragraphs(blocks: readonly (readonly string[])[]): string {
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}
