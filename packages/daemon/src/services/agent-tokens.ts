import { createHmac, timingSafeEqual } from "node:crypto";
import type { TaskReader } from "../registry/registry.ts";

/** What an agent shows to prove which task it works on: the task's id and a keyed digest of it. */
export interface AgentTokens {
  issue(task: string): string;
  /** The task and the agent that a token stands for; undefined for one that is none of ours, or whose task is gone. */
  find(token: string): { readonly task: string; readonly agent: string } | undefined;
}

/**
 * Guides honest agents: any process of the same user can reach the socket without a token.
 * @param key secret of this state directory
 */
export function createAgentTokens(key: Uint8Array, tasks: Pick<TaskReader, "find">): AgentTokens {
  const digestOf = (task: string): Buffer => createHmac("sha256", key).update(`agent of task ${task}`).digest();
  return {
    issue: (task) => `${task}.${digestOf(task).toString("base64url")}`,
    find(token) {
      const [id = "", digest = ""] = token.split(".");
      const expected = digestOf(id);
      const given = Buffer.from(digest, "base64url");
      const task = given.length === expected.length && timingSafeEqual(given, expected) ? tasks.find(id) : undefined;
      return task && { task: task.id, agent: task.agent ?? "agent" };
    },
  };
}
