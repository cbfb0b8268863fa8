import type { Exit, RunState } from "./contract/entities.ts";

/** Numbers of the signals a process is commonly ended by; those above 15 that differ between systems are Linux's. */
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
};

/** The exit code GNU timeout and most tools give for a command that took too long. */
export const TIMED_OUT_EXIT_CODE = 124;

/** A process's exit as a shell reports it: its code, or 128 + n when signal n ended it. */
export function shellExitCode(exit: Exit): number {
  return "code" in exit ? exit.code : 128 + (SIGNAL_NUMBERS[exit.signal] ?? 0);
}

/** What a caller waiting for the run exits with; null while it has not ended, and when its exit is unknown. */
export function exitCodeOf(state: RunState): number | null {
  switch (state.status) {
    case "timed_out":
      return TIMED_OUT_EXIT_CODE;
    case "succeeded":
    case "failed":
    case "stopped":
    case "lost":
      return state.exit === null ? null : shellExitCode(state.exit);
    case "queued":
    case "preparing":
    case "running":
    case "stopping":
    case "cancelled":
      return null;
  }
}
