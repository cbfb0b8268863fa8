import { readFileSync, rmSync } from "node:fs";
import type { FaultPoint } from "./domain/fault-point.ts";

/**
 * For tests: ORCHASTRATION_FAULT=<point>:daemon ends this process with SIGKILL at that point, `<point>:all` its supervisors first,
 * `<point>:daemon:SIGSTOP` suspends it there, and `<point>:daemon:EIO` throws the error that the system has for such a code. It happens once. `@<file>`
 * takes the same from a file, whenever one is there. Absent, as always outside of tests, no point does anything.
 */
export function faultInjection(
  env: Record<string, string | undefined>,
  supervisorPids: () => readonly number[],
): FaultPoint {
  const setting = env.ORCHASTRATION_FAULT;
  if (setting === undefined) return () => {};
  const file = setting.startsWith("@") ? setting.slice(1) : undefined;
  const armed = (): string => (file === undefined ? (env.ORCHASTRATION_FAULT ?? "") : readIfPresent(file));
  const disarm = (): void => {
    if (file !== undefined) rmSync(file);
    // A successor gets this environment.
    else delete env.ORCHASTRATION_FAULT;
  };
  return (name) => {
    const [point, victims, action = "SIGKILL"] = armed().split(":");
    if (name !== point) return;
    disarm();
    if (action !== "SIGKILL" && action !== "SIGSTOP") throw systemError(action, name);
    if (victims === "all") for (const pid of supervisorPids()) process.kill(pid, action);
    process.kill(process.pid, action);
  };
}

function systemError(code: string, step: string): Error {
  return Object.assign(new Error(`${code}: injected error, ${step}`), { code, syscall: step });
}

function readIfPresent(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
