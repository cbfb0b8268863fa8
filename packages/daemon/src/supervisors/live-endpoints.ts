import { isSameProcessAlive, listSupervisorEndpoints, removeEndpoint } from "@orchastration/protocol/node";
import type { SupervisorEndpoint } from "./endpoint.ts";

/** The supervisors of a state directory whose process is alive, by their endpoint records. */
export function liveSupervisors(stateDir: string): SupervisorEndpoint[] {
  return listSupervisorEndpoints(stateDir)
    .filter((endpoint) => isSameProcessAlive(endpoint.process))
    .map(({ id, socket, version, process: { pid } }) => ({ id, socket, version, pid }));
}

/** Removes the records of supervisors that are no more. */
export async function forgetDeadSupervisors(stateDir: string): Promise<void> {
  for (const endpoint of listSupervisorEndpoints(stateDir)) {
    if (!isSameProcessAlive(endpoint.process)) await removeEndpoint(stateDir, endpoint);
  }
}
