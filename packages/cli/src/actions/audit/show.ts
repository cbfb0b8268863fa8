import type { ResilientClient } from "@orchastration/client";
import { entityOfRun, entityOfTask, isId, toPlainText } from "@orchastration/protocol";
import type { Params, Result } from "@orchastration/protocol/contract";
import type { Action } from "../../command.ts";
import { UsageError } from "../../command-error.ts";
import type { Args } from "../../command-spec.ts";
import type { auditShow } from "../../commands/audit/show.ts";
import type { Context } from "../../context.ts";
import { createWakeUp } from "../../follow/wake-up.ts";
import { formatTime } from "../../output/format.ts";
import { exitCodeOfSignal } from "../../signals.ts";

const NEWEST = 50;
/** Events of one request. */
const PAGE = 500;

type Entry = Result<"audit.show">["events"][number];
type Wanted = Pick<Params<"audit.show">, "entity" | "includesRuns" | "since">;

export const run: Action<typeof auditShow> = async (context, args) => {
  const client = await context.connectResiliently();
  try {
    const wanted = await wantedOf(context, client, args);
    return args.follow ? await follow(context, client, wanted, args) : await show(context, client, wanted, args.limit);
  } finally {
    client.close();
  }
};

async function wantedOf(context: Context, client: ResilientClient, args: Args<typeof auditShow>): Promise<Wanted> {
  const since = args.since === undefined ? {} : { since: args.since };
  if (args.run !== undefined && args.task !== undefined) {
    throw new UsageError("--run and --task name different things.", "Name one of them.");
  }
  if (args.task !== undefined) {
    return { ...since, entity: await findTaskEntity(context, client, args.task), includesRuns: true };
  }
  if (args.run === undefined) return since;
  const { run } = await client.call("run.get", { context: context.caller, run: args.run });
  return { ...since, entity: entityOfRun(run.id) };
}

/** A task that has been removed is still known by its id. */
async function findTaskEntity(context: Context, client: ResilientClient, reference: string): Promise<string> {
  const byId = entityOfTask(reference);
  const known = isId(reference) ? (await client.call("audit.show", { entity: byId, limit: 1 })).events : [];
  if (known.length > 0) return byId;
  const { task } = await client.call("task.get", { context: context.caller, task: reference });
  return entityOfTask(task.id);
}

/** Without a limit all events after `since`; without that as well, the newest. */
async function show(context: Context, client: ResilientClient, wanted: Wanted, limit?: number): Promise<number> {
  const isAll = limit === undefined && (wanted.since !== undefined || wanted.entity !== undefined);
  const most = isAll ? Number.POSITIVE_INFINITY : (limit ?? NEWEST);
  const since = wanted.since ?? (wanted.entity === undefined ? await seqBeforeNewest(client, most) : 0);
  await printAfter(context, client, { ...wanted, since }, most);
  return 0;
}

async function follow(
  context: Context,
  client: ResilientClient,
  wanted: Wanted,
  { limit = NEWEST }: Args<typeof auditShow>,
): Promise<number> {
  const wakeUp = createWakeUp();
  // Of a task, runs will be its own that nobody knows yet.
  const isOpen = wanted.entity === undefined || wanted.includesRuns === true;
  const filter = isOpen || wanted.entity === undefined ? {} : { filter: { entities: [wanted.entity] } };
  // Before the first look, so that nothing falls between.
  const subscription = await client.subscribe(filter, wakeUp.wake);
  const ended = subscription.ended.finally(wakeUp.wake);
  let isFollowing = true;
  let exitCode = 0;
  const dispose = context.signals.onEnding((signal) => {
    exitCode = exitCodeOfSignal(signal);
    isFollowing = false;
    wakeUp.wake();
  });
  try {
    let since = wanted.since ?? (wanted.entity === undefined ? await seqBeforeNewest(client, limit) : 0);
    while (isFollowing) {
      since = await printAfter(context, client, { ...wanted, since });
      await Promise.race([wakeUp.next(), ended]);
    }
    return exitCode;
  } finally {
    dispose();
    await subscription.unsubscribe();
  }
}

async function seqBeforeNewest(client: ResilientClient, count: number): Promise<number> {
  const { headSeq } = await client.call("audit.show", { limit: 1 });
  return Math.max(0, headSeq - count);
}

/** Answers the seq of the last one. */
async function printAfter(
  context: Context,
  client: ResilientClient,
  { since, ...wanted }: Wanted & { readonly since: number },
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  let last = since;
  for (let left = most; left > 0; ) {
    const { events } = await client.call("audit.show", { ...wanted, since: last, limit: Math.min(PAGE, left) });
    for (const event of events) await print(context, event);
    left -= events.length;
    last = events.at(-1)?.seq ?? last;
    if (events.length === 0) break;
  }
  return last;
}

async function print({ globals, output }: Context, { seq, hash, entry }: Entry): Promise<void> {
  if (globals.json) return await output.jsonLine<"auditEntry">({ seq, hash, entry });
  const { at, actor, entity, name, payload } = readEntry(entry);
  const words = [
    String(seq).padStart(6),
    formatTime(at),
    `${actor.name} (${actor.kind})`,
    entity,
    name,
    summaryOf(payload),
  ];
  await output.print(toPlainText(words.filter((word) => word !== "").join("  ")));
}

interface Told {
  readonly at: string;
  readonly actor: { readonly kind: string; readonly name: string };
  readonly entity: string;
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The log's own text: it has this shape. */
function readEntry(text: string): Told {
  return JSON.parse(text) as Told;
}

/** What is worth a glance, whatever the event is: its plain facts, and the command of what was declared. */
function summaryOf(payload: Told["payload"]): string {
  const declared = payload["run"];
  const argv = typeof declared === "object" && declared !== null && "argv" in declared ? declared.argv : undefined;
  if (Array.isArray(argv)) return argv.join(" ");
  return Object.entries(payload)
    .flatMap(([key, value]) => factOf(key, value))
    .join(" ");
}

function factOf(key: string, value: unknown): readonly string[] {
  if (key === "exit" && typeof value === "object" && value !== null) {
    return Object.entries(value).map(([kind, code]) => `${kind}=${String(code)}`);
  }
  const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isPlain && key !== "run" ? [`${key}=${String(value)}`] : [];
}
