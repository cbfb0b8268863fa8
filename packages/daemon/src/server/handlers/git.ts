import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";

export function gitHandlers({ taskGit }: Services) {
  return {
    "git.createBranch": (params, { connection }) => taskGit.createBranch(params, connection.actor),
    "git.createIssue": (params, { connection, signal }) => taskGit.createIssue(params, connection.actor, signal),
  } satisfies Partial<HandlerMap>;
}
