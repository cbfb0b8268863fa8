import type { CellElsewhere, UntriedCell } from "./cell.ts";

const CRASH = "test/integration/crash.test.ts";
const STOP = "test/integration/stop.test.ts";
const TROUBLE = "test/integration/trouble.test.ts";
const SILENT = "test/integration/silent-supervisor.test.ts";
const COMPATIBILITY = "test/compatibility/supervisors.test.ts";
const SUPERVISOR = "packages/supervisor/test/supervisor.test.ts";
const RECORDED = "the run goes on and is recorded with its exit code and whole output";

/** Cells that tests of their own try. */
export const ELSEWHERE: readonly CellElsewhere[] = [
  {
    who: "client",
    what: "SIGKILL",
    when: "running",
    file: STOP,
    test: "SIGKILL of the client leaves the run alone",
    kept: "the run goes on, and can be stopped",
  },
  {
    who: "client",
    what: "SIGTERM",
    when: "running",
    file: STOP,
    test: "the first %s stops the run and waits for its end",
    kept: "the run is `stopped`, as the client was asked to",
  },
  {
    who: "daemon",
    what: "SIGKILL",
    when: "starting",
    how: "at each named step",
    file: CRASH,
    test: "SIGKILL of %s at a named step",
    kept: "no command without an intent, none run twice; after the start it is recorded",
  },
  {
    who: "daemon",
    what: "SIGKILL",
    when: "running",
    file: CRASH,
    test: "the job goes on, and the waiting client ends with its code and its whole output",
    kept: RECORDED,
  },
  {
    who: "daemon",
    what: "SIGKILL",
    when: "exiting",
    file: CRASH,
    test: "a job that ends while no daemon is there is recorded by the next command",
    kept: RECORDED,
  },
  {
    who: "daemon",
    what: "SIGKILL",
    when: "migration",
    file: "packages/daemon/test/registry/migrate.test.ts",
    test: "that are killed in the middle leave the version and the rows from before them",
    kept: "version and rows from before; the next start migrates",
  },
  {
    who: "daemon",
    what: "disk full",
    when: "starting",
    file: TROUBLE,
    test: "its state directory is full, and it starts when there is room",
    kept: "it says why, and starts when there is room",
  },
  {
    who: "daemon",
    what: "disk full",
    when: "running",
    file: TROUBLE,
    test: "becomes full, and has room again",
    kept: "new runs are refused and leave nothing; the run that goes on is recorded when there is room",
  },
  {
    who: "daemon",
    what: "disk full",
    when: "exiting",
    file: TROUBLE,
    test: "is filled by a run: whoever waits for it is told, and served when there is room",
    kept: "waiting clients are told, and end with the recorded code when there is room",
  },
  {
    who: "daemon",
    what: "read-only state directory",
    when: "running",
    file: TROUBLE,
    test: "becomes read-only, and writable again",
    kept: "outcomes are in the registry; record files are written when it is writable again",
  },
  {
    who: "daemon",
    what: "upgrade",
    when: "running",
    file: "test/integration/daemon.test.ts",
    test: "ten running jobs do not notice a restart",
    kept: RECORDED,
  },
  {
    who: "daemon",
    what: "second daemon",
    when: "starting",
    file: "test/integration/daemon.test.ts",
    test: "twenty commands at once with no daemon start exactly one",
    kept: "one daemon; every command is served",
  },
  {
    who: "supervisor",
    what: "SIGKILL",
    when: "running",
    file: CRASH,
    test: "the command goes on to its end, its output is complete, the run is lost and says so",
    kept: "`lost` with its reason, whole output",
  },
  {
    who: "supervisor",
    what: "SIGTERM",
    when: "running",
    file: SUPERVISOR,
    test: "does not come with SIGTERM, SIGINT or SIGHUP while a session lives; the log says so",
    kept: "it stays as long as it holds a session",
  },
  {
    who: "supervisor",
    what: "SIGSTOP, SIGCONT",
    when: "starting",
    file: SILENT,
    test: "loses a new run with %s to another one, which alone starts it",
    kept: "another supervisor starts the run, and it alone",
  },
  {
    who: "supervisor",
    what: "SIGSTOP, SIGCONT",
    when: "running",
    file: SILENT,
    test: "keeps its sessions over a restart of the daemon, and tells how they ended when it goes on",
    kept: RECORDED,
  },
  {
    who: "supervisor",
    what: "upgrade",
    when: "running",
    file: COMPATIBILITY,
    test: "keeps its sessions over an upgrade, gets no new one, and ends with its last",
    kept: RECORDED,
  },
  {
    who: "supervisor",
    what: "upgrade",
    when: "exiting",
    file: COMPATIBILITY,
    test: "has written down an exit that no daemon saw, and this one records it",
    kept: RECORDED,
  },
  {
    who: "all",
    what: "SIGKILL",
    when: "starting",
    how: "daemon and supervisors at each named step",
    file: CRASH,
    test: "SIGKILL of %s at a named step",
    kept: "no command without an intent, none run twice, nothing said to live that does not",
  },
];

/** Cells that could be tried, and are not. */
export const UNTRIED: readonly UntriedCell[] = [
  {
    who: "client",
    what: "out of descriptors",
    when: "starting",
    why: "a client decides nothing: it ends with a message, and what it asked for goes on",
  },
  {
    who: "client",
    what: "clock jump",
    when: "running",
    why: "a client measures no time that is recorded",
  },
  {
    who: "client",
    what: "disk full",
    when: "running",
    why: "it writes no file; output that takes nothing is `packages/cli/test/output/unwritable.test.ts`",
  },
  {
    who: "daemon",
    what: "SIGTERM",
    when: "migration",
    why: "a migration is one synchronous transaction: the signal is heard after it",
  },
  {
    who: "daemon",
    what: "clock jump",
    when: "migration",
    why: "a migration reads the clock only to name the copy it makes",
  },
  {
    who: "supervisor",
    what: "second daemon",
    when: "running",
    why: "the second one never gets as far as a supervisor: it has no lock",
  },
  {
    who: "all",
    what: "SIGKILL",
    when: "running",
    how: "loss of power",
    why: "needs a machine to switch off; the registry is flushed before every answer (`synchronous = FULL`), exits and records before they are told",
  },
];
