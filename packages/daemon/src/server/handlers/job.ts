import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";

export function jobHandlers({ listJobs, declareRun, runs }: Services) {
  return {
    "job.list": ({ context }) => listJobs(context),
    "job.run": async (params, { connection }) => {
      const declaration = await declareRun.job(params, connection.actor);
      return { run: await runs.start(declaration) };
    },
  } satisfies Partial<HandlerMap>;
}
