import type { Run } from "@orchastration/protocol/contract";
import { neverChanging } from "@orchastration/protocol/rpc";
import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";

export function runHandlers({
  findRun,
  listRuns,
  diff,
  declareRun,
  runs,
  stop,
  records,
  search,
  statistics,
  findDroppedOutput,
}: Services) {
  /** By the run as it stands: a change of it is another object. Whoever watches a run asks for it again and again. */
  const answers = new WeakMap<Run, { readonly run: Run }>();

  function answerOf(run: Run): { readonly run: Run } {
    const known = answers.get(run);
    if (known !== undefined) return known;
    const answer = neverChanging({ run });
    answers.set(run, answer);
    return answer;
  }

  return {
    "run.list": (params) => listRuns(params),
    "run.stats": (params, { signal }) => statistics(params, signal),
    "run.get": async (params) => {
      const run = await findRun(params.context, params.run);
      // Whoever asks for an ended run may read its record file next.
      await records.written(run.id);
      const droppedOutput = findDroppedOutput(run);
      return droppedOutput === undefined ? answerOf(run) : { run, droppedOutput };
    },
    "run.stop": async ({ context, run, kill = false }, { connection }) => {
      const { id } = await findRun(context, run);
      return { run: await stop.stop(id, { kill }, connection.actor) };
    },
    "run.cancel": async ({ context, run }, { connection }) => {
      const { id } = await findRun(context, run);
      return { run: await stop.cancel(id, connection.actor) };
    },
    "run.rerun": async (params, { connection }) => {
      const earlier = await findRun(params.context, params.run);
      const declaration = await declareRun.again(earlier, params, connection.actor);
      return { run: await runs.start(declaration) };
    },
    "run.search": ({ wantsProgress = false, ...query }, { signal, progress }) =>
      search(query, signal, wantsProgress ? (hits) => progress({ hits }) : undefined),
    "run.diff": async (params) => {
      const left = await findRun(params.context, params.left);
      const right = await findRun(params.context, params.right);
      return { left, right, differences: diff(left, right) };
    },
  } satisfies Partial<HandlerMap>;
}
