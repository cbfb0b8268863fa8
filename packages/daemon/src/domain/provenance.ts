import { entityOfTask } from "@orchastration/protocol";
import { type EventPayload, events, type StoredEvent } from "@orchastration/protocol/contract";

/** A change of what these say is a new build type: whoever checks an export derives the statement again. */
const RUN_BUILD = "urn:orchastration:run:v1";
const TASK_BUILD = "urn:orchastration:task:v1";
const BUILDER = "urn:orchastration:daemon";

/** Something with a digest (in-toto's ResourceDescriptor). `content` is base64. */
export interface Resource {
  readonly name: string;
  readonly mediaType?: string;
  readonly digest: { readonly sha256: string } | { readonly gitCommit: string };
  readonly content?: string;
}

/** An in-toto Statement v1 whose predicate is SLSA provenance v1. Times and paths are as recorded; absent: not known, or not so far. */
export interface Statement {
  readonly _type: "https://in-toto.io/Statement/v1";
  readonly subject: readonly Resource[];
  readonly predicateType: "https://slsa.dev/provenance/v1";
  readonly predicate: object;
}

/** Those of an entity; of a task those of its runs as well. */
export function ownEventsOf(entity: string, told: readonly StoredEvent[]): readonly StoredEvent[] {
  const runs = new Set(told.flatMap((event) => (taskOfRun(event) === entity ? [event.entity] : [])));
  return told.filter((event) => event.entity === entity || runs.has(event.entity));
}

/** The entity of the task that a run is declared to belong to. */
function taskOfRun({ name, payload }: StoredEvent): string | undefined {
  const declared = name === "run.queued" ? events["run.queued"].safeParse(payload) : undefined;
  const task = declared?.success === true ? declared.data.run.task : undefined;
  return task === undefined ? undefined : entityOfTask(task.id);
}

/**
 * What the events of a run or task ({@link ownEventsOf}) say, as a statement that other programs understand. It says nothing that the events do not.
 * `evidence`: the events themselves, then what else goes with them.
 * @throws Error when these are not the events of a run or task
 */
export function provenanceOf(entity: string, told: readonly StoredEvent[], evidence: readonly Resource[]): Statement {
  return entity.startsWith("task:")
    ? provenanceOfTask(entity, told, evidence)
    : provenanceOfRun(entity, told, evidence);
}

function provenanceOfTask(entity: string, told: readonly StoredEvent[], evidence: readonly Resource[]): Statement {
  const created = events["task.created"].safeParse(told[0]?.payload);
  if (told[0]?.name !== "task.created" || !created.success)
    throw new Error(`${entity} does not begin with task.created`);
  const { task } = created.data;
  if (entity !== entityOfTask(task.id)) throw new Error(`the events are of another task than ${entity}`);
  const runs = [...Map.groupBy(told, (event) => event.entity).entries()].filter(([of]) => of !== entity);
  const launch = runs.flatMap(([, ofRun]) => ofRun.flatMap(launchOf))[0];
  const merged = events["task.merged"].safeParse(told.find(({ name }) => name === "task.merged")?.payload);
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [
      ...runs.flatMap(([, ofRun]) => outputsOfRun(ofRun)),
      ...(merged.success ? [{ name: "merge", digest: { gitCommit: merged.data.merge.result } }] : []),
      ...subjectsOf(evidence),
    ],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: TASK_BUILD,
        externalParameters: { task },
        internalParameters: { runs: runs.map(([of]) => of.slice("run:".length)) },
      },
      runDetails: {
        builder: { id: BUILDER },
        metadata: {
          invocationId: task.id,
          ...(launch === undefined ? {} : { startedOn: launch.startedAt }),
          ...(merged.success ? { finishedOn: merged.data.mergedAt } : {}),
        },
        byproducts: evidence,
      },
    },
  };
}

/** Named by the run, as a task has several. */
function outputsOfRun([queued, ...later]: readonly StoredEvent[]): readonly Resource[] {
  const { run } = events["run.queued"].parse(queued?.payload);
  const ending = later.map(endingOf).find((found) => found !== undefined);
  return outputsOf(run.isTty, ending).map(({ name, digest }) => ({ name: `${run.id}/${name}`, digest }));
}

function launchOf({ name, payload }: StoredEvent): readonly EventPayload<"run.launched">[] {
  return name === "run.launched" ? [events["run.launched"].parse(payload)] : [];
}

/** The evidence that is spoken of: the events. */
function subjectsOf([segment]: readonly Resource[]): readonly Resource[] {
  return segment === undefined ? [] : [{ name: segment.name, digest: segment.digest }];
}

function provenanceOfRun(entity: string, told: readonly StoredEvent[], evidence: readonly Resource[]): Statement {
  const [queued, ...later] = told;
  const declared = events["run.queued"].safeParse(queued?.payload);
  if (queued?.name !== "run.queued" || !declared.success) throw new Error(`${entity} does not begin with run.queued`);
  const { run } = declared.data;
  const ending = later.map(endingOf).find((found) => found !== undefined);
  const launch = events["run.launched"].safeParse(later.find(({ name }) => name === "run.launched")?.payload);
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [...outputsOf(run.isTty, ending), ...subjectsOf(evidence)],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: RUN_BUILD,
        externalParameters: {
          name: run.name,
          argv: run.argv,
          workingDir: run.workingDir,
          repository: run.repository,
          timeoutMs: run.timeoutMs,
          isTty: run.isTty,
          requestedBy: run.requestedBy,
        },
        internalParameters: { environmentDigest: run.environmentDigest, os: run.os },
        resolvedDependencies:
          run.base === null
            ? []
            : [{ name: run.base.isDirty ? "base, with changes" : "base", digest: { gitCommit: run.base.commit } }],
      },
      runDetails: {
        builder: { id: BUILDER, version: { orchastration: run.binaryVersion } },
        metadata: {
          invocationId: run.id,
          ...(launch.success ? { startedOn: launch.data.startedAt } : {}),
          ...(ending === undefined ? {} : { finishedOn: ending.endedAt }),
        },
        byproducts: evidence,
      },
    },
  };
}

type Ending = EventPayload<"run.succeeded"> | EventPayload<"run.cancelled">;

function endingOf({ name, payload }: StoredEvent): Ending | undefined {
  if (name === "run.cancelled") return events["run.cancelled"].parse(payload);
  if (!name.startsWith("run.") || !("summary" in payload)) return undefined;
  return events["run.succeeded"].parse(payload);
}

function outputsOf(isTty: boolean, ending: Ending | undefined): readonly Resource[] {
  if (ending === undefined || !("summary" in ending)) return [];
  const { stdoutSha256, stderrSha256 } = ending.summary;
  return [
    { name: isTty ? "recording" : "stdout", sha256: stdoutSha256 },
    { name: "stderr", sha256: isTty ? null : stderrSha256 },
  ].flatMap(({ name, sha256 }) => (sha256 === null ? [] : [{ name, digest: { sha256 } }]));
}
