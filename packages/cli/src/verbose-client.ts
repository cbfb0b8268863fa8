import type { DaemonClient } from "@orchastration/client";
import { messageOf, toPlainJson } from "@orchastration/protocol";
import type { MethodName, Params, Result } from "@orchastration/protocol/contract";
import type { Terminal } from "./output/terminal.ts";

type Caller = Pick<DaemonClient, "call">;

/** Writes a JSON line to stderr about everything this command asks of the daemon. Parameters are left out: they carry the environment. */
export function verbose<C extends Caller>(client: C, stderr: Terminal): C {
  const log = (event: string, message: string, facts: Record<string, unknown>): void => {
    stderr.write(`${toPlainJson({ timestamp: new Date().toISOString(), level: "debug", event, message, ...facts })}\n`);
  };
  async function call<M extends MethodName>(
    method: M,
    params: Params<M>,
    options?: Parameters<DaemonClient["call"]>[2],
  ): Promise<Result<M>> {
    const start = performance.now();
    const duration = () => ({ method, duration_ms: Math.round((performance.now() - start) * 1_000) / 1_000 });
    try {
      const result = await client.call(method, params, options);
      log("call.answered", `${method} answered`, duration());
      return result;
    } catch (error) {
      log("call.failed", `${method} failed: ${messageOf(error)}`, duration());
      throw error;
    }
  }
  return { ...client, call };
}
