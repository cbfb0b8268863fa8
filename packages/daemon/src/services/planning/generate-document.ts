import { createHash } from "node:crypto";
import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Actor, StoredEvent, Task, TaskDocuments } from "@orchastration/protocol/contract";
import { findSection, toBytes, withSection } from "../../domain/document-section.ts";
import { documented } from "../../domain/plan.ts";
import { hasEnded } from "../../domain/run-machine.ts";
import { type DocumentedTask, documentPath, readmeSection, taskDocument } from "../../domain/task-document.ts";
import type { Registry } from "../../registry/registry.ts";
import type { FoundTask } from "../tasks/known-tasks.ts";
import type { Turns } from "../tasks/turns.ts";
import { configuredWork } from "./configured-work.ts";
import { type DocumentFile, openDocument } from "./document-file.ts";
import { newestBuild } from "./plan-views.ts";
import { planMissing } from "./run-build.ts";
import type { TaskActions } from "./task-actions.ts";

export interface WrittenDocument {
  readonly path: string;
  readonly change: "created" | "changed" | "unchanged";
}

/** Writes what is known of a task into its working directory. To be called in the task's turn. */
export type GenerateDocument = (found: FoundTask, isForced: boolean, actor: Actor) => Promise<WrittenDocument[]>;

export interface GenerateDocumentDependencies {
  readonly registry: Pick<Registry, "runs" | "events">;
  readonly actions: TaskActions;
  /** By working directory: tasks share its README.md. */
  readonly turns: Turns;
}

/** Events of one task or run that are read at once: more than any has. */
const MOST_EVENTS = 1_000_000;

interface Draft {
  readonly path: string;
  readonly content: string;
  readonly file: DocumentFile;
}

export function createGenerateDocument({ registry, actions, turns }: GenerateDocumentDependencies): GenerateDocument {
  function describe(task: Task): { readonly told: DocumentedTask; readonly known: ReadonlySet<string> } {
    const { plan } = task;
    if (plan === undefined) throw planMissing(task);
    const events = registry.events.readEntityAfter(`task:${task.id}`, 0, MOST_EVENTS);
    const build = newestBuild(registry.runs, task);
    if (build !== null && !hasEnded(build.state)) throw stillRunning(task);
    const told: DocumentedTask = {
      name: taskName(task),
      plan,
      plannedSeq: events.findLast(({ name }) => name === "task.planned")?.seq ?? 0,
      build,
      events:
        build === null ? [] : eventsOf(registry.events.readEntityAfter(`run:${build.id}`, 0, MOST_EVENTS), events),
    };
    return { told, known: new Set(events.flatMap(sectionDigests)) };
  }

  async function write(
    task: Task,
    directory: string,
    isForced: boolean,
    known: ReadonlySet<string>,
    told: DocumentedTask,
  ) {
    const name = taskName(task);
    const drafts: Draft[] = [];
    for (const [path, content] of [
      [documentPath(name), taskDocument(told)],
      ["README.md", readmeSection(told)],
    ] as const) {
      drafts.push({ path, content: toBytes(content), file: await openDocument(directory, path) });
    }
    const edited = drafts.filter((draft) => isEdited(draft, name, known));
    if (edited.length > 0 && !isForced) throw documentEdited(name, edited);
    const written: WrittenDocument[] = [];
    for (const { file, content } of drafts)
      written.push({ path: file.path, change: await file.replace(withSection(file.text, name, content)) });
    return { written, sections: drafts.map(({ path, content }) => ({ path, sha256: digestOf(content) })) };
  }

  return (found, isForced, actor) => {
    configuredWork(found);
    const { task } = found;
    return actions.perform(task, "doc.generate", actor, async () => {
      const { told, known } = describe(task);
      const { workingDir } = told.plan;
      const { written, sections } = await turns.inTurn(workingDir, () =>
        write(task, workingDir, isForced, known, told),
      );
      const documents: TaskDocuments = { run: told.build?.id ?? null, sections };
      const message = written.map(({ path, change }) => `${path}: ${change}`).join(", ");
      return { message, events: [documented(task, documents)], result: written };
    });
  };
}

/** What stands in the section is neither what we would write nor anything we ever wrote. */
function isEdited({ file, content }: Draft, name: string, known: ReadonlySet<string>): boolean {
  const section = findSection(file.text, name);
  if (section.state === "damaged") {
    throw new OrchastrationError(
      "DocumentRefused",
      `${file.path}:${section.line}: the section of task ${name} cannot be told from the rest: ${section.reason}`,
      {
        details: { file: file.path, line: section.line },
        hint: "Mend the two lines that mark it, or remove both with what is between; then generate again.",
      },
    );
  }
  return section.state === "present" && section.content !== content && !known.has(digestOf(section.content));
}

function documentEdited(name: string, drafts: readonly Draft[]): OrchastrationError {
  const files = drafts.map(({ file }) => file.path);
  return new OrchastrationError(
    "DocumentEdited",
    `somebody changed the section of task ${name} in ${files.join(" and ")}`,
    {
      details: { task: name, files },
      hint: `Keep the text outside of the section; or replace the section: \`orchastration doc generate ${name} --force\`.`,
    },
  );
}

function stillRunning(task: Task): OrchastrationError {
  const name = taskName(task);
  return new OrchastrationError("TaskBusy", `task ${name} is being built`, {
    hint: `Its document tells how that ended: generate it afterwards. \`orchastration plan status ${name}\` says how far it is.`,
  });
}

/** Of the run, and what the task became by them: the task follows a run in the next event of the same transaction. */
function eventsOf(ofRun: readonly StoredEvent[], ofTask: readonly StoredEvent[]): StoredEvent[] {
  const followed = new Set(ofRun.map(({ seq }) => seq + 1));
  return [...ofRun, ...ofTask.filter(({ seq }) => followed.has(seq))].toSorted((a, b) => a.seq - b.seq);
}

function sectionDigests({ name, payload }: StoredEvent): string[] {
  if (name !== "task.documented") return [];
  const documents = payload["documents"];
  if (typeof documents !== "object" || documents === null || !("sections" in documents)) return [];
  const { sections } = documents;
  return Array.isArray(sections) ? sections.map(({ sha256 }: TaskDocuments["sections"][number]) => sha256) : [];
}

/** @param content bytes as characters */
function digestOf(content: string): string {
  return createHash("sha256").update(content, "latin1").digest("hex");
}
