import type { Duplex } from "node:stream";
import { loadPipeSecret, proveToPipeServer } from "@orchastration/protocol/node";

/** Named pipes have no owner to check: both ends prove that they can read the same secret file. */
export async function proveOurselves(pipe: Duplex, stateDir: string): Promise<void> {
  await proveToPipeServer(pipe, await loadPipeSecret(stateDir));
}
