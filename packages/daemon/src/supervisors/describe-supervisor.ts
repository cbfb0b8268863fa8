import { messageOf, OrchastrationError } from "@orchastration/protocol";
import type { SupervisorEndpoint } from "./endpoint.ts";

export function describeSilent({ id, pid }: Pick<SupervisorEndpoint, "id" | "pid">): string {
  return `supervisor ${id} (pid ${pid}) does not answer; its sessions go on, their ends are recorded when it does (\`kill -CONT ${pid}\`)`;
}

export function describeUnusable({ id, pid, version }: SupervisorEndpoint, error: unknown): string {
  const reason = messageOf(error);
  return `supervisor ${id} (pid ${pid}, version ${version}) cannot be used: ${reason}`;
}

/** Before any supervisor was asked: whatever it was (no descriptor left, no memory), nothing was started. */
export function throwUnavailable(error: unknown): never {
  if (error instanceof OrchastrationError) throw error;
  throw new OrchastrationError("SupervisorUnavailable", `no supervisor can be had: ${String(error)}`, { cause: error });
}
