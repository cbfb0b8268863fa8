import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";

export function taskHandlers({ tasks, listJobs }: Services) {
  return {
    "repository.status": async ({ context }) => {
      const { jobs } = await listJobs(context);
      return { jobs, ...(await tasks.list({ context })) };
    },
    "repository.watch": async (params, { signal, progress }) => {
      await tasks.watch(params, { signal, onChange: (changes) => progress({ changes }) });
      return {};
    },
    "repository.init": (params) => tasks.init(params),
    "agent.list": (params) => tasks.listAgents(params),
    "task.create": async (params, { connection }) => ({ task: await tasks.create(params, connection.actor) }),
    "task.list": (params) => tasks.list(params),
    "task.get": async (params) => ({ task: await tasks.get(params) }),
    "task.edit": async (params, { connection }) => ({ task: await tasks.edit(params, connection.actor) }),
    "task.path": (params) => tasks.path(params),
    "task.start": (params, { connection }) => tasks.start(params, connection.actor),
    "task.resume": (params, { connection }) => tasks.resume(params, connection.actor),
    "task.exec": async (params, { connection }) => ({ run: await tasks.exec(params, connection.actor) }),
    "task.stop": async (params, { connection }) => ({ task: await tasks.stop(params, connection.actor) }),
    "task.idle": async (params, { connection }) => ({ task: await tasks.idle(params, connection.actor) }),
    "task.complete": async (params, { connection }) => ({ task: await tasks.complete(params, connection.actor) }),
    "task.fail": async (params, { connection }) => ({ task: await tasks.fail(params, connection.actor) }),
    "task.review": async (params, { connection }) => ({ task: await tasks.review(params, connection.actor) }),
    "session.setConversation": async (params, { connection }) => ({
      task: await tasks.setConversation(params, connection.actor),
    }),
    "task.merge": (params, { connection }) => tasks.merge(params, connection.actor),
    "task.gc": (params, { connection }) => tasks.collect(params, connection.actor),
    "task.remove": (params, { connection }) => tasks.remove(params, connection.actor),
  } satisfies Partial<HandlerMap>;
}
