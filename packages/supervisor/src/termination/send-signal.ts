import { errorCode } from "@orchastration/protocol/node";

export type Signal = "SIGTERM" | "SIGHUP" | "SIGCONT" | "SIGKILL";

/** The caller has made sure, just now, that the pid is still the process it means. */
export function sendSignal(pid: number, signal: Signal): "sent" | "gone" | "refused" {
  try {
    process.kill(pid, signal);
    return "sent";
  } catch (error) {
    if (errorCode(error) === "ESRCH") return "gone";
    if (errorCode(error) === "EPERM") return "refused";
    throw error;
  }
}

/** Whether a process group has members, zombies included. A pid is not given to a new process while a group goes by it. */
export function hasGroup(groupId: number): boolean {
  try {
    process.kill(-groupId, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== "ESRCH";
  }
}

/** Whether any process has this pid. */
export function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== "ESRCH";
  }
}
