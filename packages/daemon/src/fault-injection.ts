import type { FaultPoint } from "./domain/fault-point.ts";

/**
 * For crash tests: ORCHASTRATION_FAULT=<point>:daemon ends this process with SIGKILL at that point, `<point>:all` its supervisors first, and
 * `<point>:daemon:SIGSTOP` suspends it there. It happens once. Absent, as always outside of tests, no point does anything.
 */
export function faultInjection(
  env: Record<string, string | undefined>,
  supervisorPids: () => readonly number[],
): FaultPoint {
  const setting = env.ORCHASTRATION_FAULT;
  if (setting === undefined) return () => {};
  const [point, victims, action] = setting.split(":");
  const signal = action === "SIGSTOP" ? action : "SIGKILL";
  return (name) => {
    if (name !== point || env.ORCHASTRATION_FAULT === undefined) return;
    // A successor gets this environment.
    delete env.ORCHASTRATION_FAULT;
    if (victims === "all") for (const pid of supervisorPids()) process.kill(pid, signal);
    process.kill(process.pid, signal);
  };
}
