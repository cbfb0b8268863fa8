import { expect } from "vitest";
import { canMount, fill, mountSmall } from "../support/hostile-disk.ts";
import { until } from "../support/until.ts";
import {
  endNormally,
  HAS_STARTED_IT,
  HAS_WRITTEN_THE_EXIT,
  hasExitFile,
  limitDescriptors,
  MAKES_ITS_OUTPUT,
  placeOlderRegistry,
  startSecondDaemon,
  startUnder,
  WRITES_THE_EXIT,
  whileExiting,
  whileRunning,
  whileStarting,
  whileTheExitIsWritten,
  withoutTheExit,
} from "./arrange.ts";
import type { TriedCell } from "./cell.ts";
import { type Stage, signal, untilGone } from "./stage.ts";

const DAY_MS = 86_400_000;

/** The client that waits ends as the command does. */
const RECORDED = { outcome: "recorded", clientCode: 7 } as const;
const REFUSED = { outcome: "refused", clientCode: 1 } as const;

function restartDaemon({ home }: Stage): () => Promise<void> {
  const restart = home.start(["daemon", "restart"]);
  return async () => expect((await restart.outcome).code).toBe(0);
}

const LOCK_HELD = 75;

async function refuseSecondDaemon(stage: Stage): Promise<void> {
  expect(await startSecondDaemon(stage)).toBe(LOCK_HELD);
}

export const TRIED: readonly TriedCell[] = [
  {
    who: "client",
    what: "SIGKILL",
    when: "starting",
    outcome: "recorded",
    act: whileStarting(({ client }) => signal(client, "SIGKILL")),
  },
  {
    who: "client",
    what: "SIGKILL",
    when: "exiting",
    outcome: "recorded",
    isLong: true,
    act: whileExiting(({ client }) => signal(client, "SIGKILL")),
  },
  {
    who: "client",
    what: "SIGSTOP, SIGCONT",
    when: "starting",
    ...RECORDED,
    isLong: true,
    act: whileStarting(({ client }) => {
      signal(client, "SIGSTOP");
      return () => signal(client, "SIGCONT");
    }),
  },
  {
    who: "client",
    what: "SIGSTOP, SIGCONT",
    when: "running",
    ...RECORDED,
    act: whileRunning(({ client, home }) => {
      signal(client, "SIGSTOP");
      return async () => {
        await until(async () => !JSON.stringify(await home.json(["runs"])).includes('"running"'));
        signal(client, "SIGCONT");
      };
    }),
  },
  {
    who: "daemon",
    what: "SIGTERM",
    when: "starting",
    ...RECORDED,
    act: whileStarting(({ daemon }) => signal(daemon, "SIGTERM")),
  },
  {
    who: "daemon",
    what: "SIGTERM",
    when: "running",
    ...RECORDED,
    act: whileRunning(({ daemon }) => {
      signal(daemon, "SIGTERM");
      return untilGone(daemon);
    }),
  },
  {
    who: "daemon",
    what: "SIGTERM",
    when: "exiting",
    ...RECORDED,
    act: whileExiting(({ daemon }) => signal(daemon, "SIGTERM")),
  },
  {
    who: "daemon",
    what: "SIGSTOP, SIGCONT",
    when: "starting",
    ...RECORDED,
    isLong: true,
    act: whileStarting(() => {}),
  },
  {
    who: "daemon",
    what: "SIGSTOP, SIGCONT",
    when: "running",
    how: "and the command ends meanwhile",
    ...RECORDED,
    act: whileRunning((stage) => {
      signal(stage.daemon, "SIGSTOP");
      return async () => {
        await until(() => hasExitFile(stage));
        signal(stage.daemon, "SIGCONT");
      };
    }),
  },
  {
    who: "daemon",
    what: "SIGSTOP, SIGCONT",
    when: "exiting",
    ...RECORDED,
    isLong: true,
    act: whileExiting(() => {}),
  },
  {
    who: "daemon",
    what: "disk full",
    when: "migration",
    how: "a file system of 4 MiB; it refuses to start, and does when there is room",
    ...RECORDED,
    canBeTried: canMount,
    async act(stage) {
      const small = mountSmall(stage.home.stateDir);
      stage.defer(() => small[Symbol.dispose]());
      placeOlderRegistry(stage);
      const makeRoom = fill(stage.home.stateDir);
      expect(await stage.home.cli(["list"])).toMatchObject({
        code: 69,
        stderr: expect.stringContaining("cannot write to the state directory"),
      });
      makeRoom();
      await endNormally(stage);
    },
  },
  {
    who: "daemon",
    what: "upgrade",
    when: "migration",
    how: "the registry of 0.1.0-alpha.1",
    ...RECORDED,
    async act(stage) {
      placeOlderRegistry(stage);
      await endNormally(stage);
    },
  },
  {
    who: "daemon",
    what: "out of descriptors",
    when: "starting",
    how: "none for a supervisor",
    ...REFUSED,
    async act(stage) {
      await stage.startDaemon();
      const giveBack = limitDescriptors(stage.daemon, 2);
      stage.run();
      await stage.waiting?.outcome;
      giveBack();
    },
  },
  {
    who: "daemon",
    what: "out of descriptors",
    when: "exiting",
    how: "none to read the output with",
    ...RECORDED,
    // A daemon that is quick takes the exit file away between two looks at it, and the cell then waits for nothing.
    isLong: true,
    act: whileExiting((stage) => {
      const giveBack = limitDescriptors(stage.daemon, 0);
      return async () => {
        await until(() => hasExitFile(stage));
        giveBack();
      };
    }),
  },
  {
    who: "all",
    what: "clock jump",
    when: "starting",
    how: "a day back, with a time limit",
    ...RECORDED,
    isLong: true,
    async act(stage) {
      await stage.startDaemon();
      stage.setClock(-DAY_MS);
      stage.run("--timeout", "600");
      await stage.untilStarted();
      stage.openGate();
    },
  },
  {
    who: "all",
    what: "clock jump",
    when: "running",
    how: "ten years ahead, with a time limit of ten minutes",
    ...RECORDED,
    act: whileRunning((stage) => stage.setClock(3650 * DAY_MS), "--timeout", "600"),
  },
  {
    who: "all",
    what: "clock jump",
    when: "running",
    how: "a day back",
    ...RECORDED,
    isLong: true,
    act: whileRunning((stage) => stage.setClock(-DAY_MS), "--timeout", "600"),
  },
  {
    who: "daemon",
    what: "clock jump",
    when: "exiting",
    how: "a day back",
    ...RECORDED,
    act: whileExiting((stage) => stage.setClock(-DAY_MS)),
  },
  {
    who: "daemon",
    what: "upgrade",
    when: "exiting",
    how: "`daemon restart` at that moment",
    ...RECORDED,
    act: whileExiting(restartDaemon),
  },
  {
    who: "daemon",
    what: "upgrade",
    when: "starting",
    how: "`daemon restart` at that moment",
    ...RECORDED,
    isLong: true,
    act: whileStarting(restartDaemon),
  },
  {
    who: "daemon",
    what: "second daemon",
    when: "running",
    how: "it is refused (exit 75)",
    ...RECORDED,
    act: whileRunning(refuseSecondDaemon),
  },
  {
    who: "daemon",
    what: "second daemon",
    when: "exiting",
    how: "while the first does not move; it is refused (exit 75)",
    ...RECORDED,
    isLong: true,
    act: whileExiting(refuseSecondDaemon),
  },
  {
    who: "daemon",
    what: "second daemon",
    when: "migration",
    how: "eight clients at once over an older registry",
    ...RECORDED,
    isLong: true,
    async act(stage) {
      placeOlderRegistry(stage);
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => stage.home.json(["daemon", "start"]).then(({ pid }) => pid)),
      );
      expect(new Set(answers).size).toBe(1);
      await endNormally(stage);
    },
  },
  {
    who: "supervisor",
    what: "SIGKILL",
    when: "starting",
    how: "before the command's output is made",
    ...REFUSED,
    act: (stage) => startUnder(stage, { ...MAKES_ITS_OUTPUT, action: "SIGKILL" }),
  },
  {
    who: "supervisor",
    what: "SIGKILL",
    when: "starting",
    how: "the command runs, and nobody knows yet",
    outcome: "lost",
    async act(stage) {
      await startUnder(stage, { ...HAS_STARTED_IT, action: "SIGKILL" });
      await stage.untilStarted();
      await until(() => stage.isSprung);
      stage.openGate();
    },
  },
  {
    who: "supervisor",
    what: "SIGKILL",
    when: "exiting",
    how: "before the exit is written",
    outcome: "lost",
    act: whileRunning((stage) => stage.arm({ ...WRITES_THE_EXIT, action: "SIGKILL" })),
  },
  {
    who: "supervisor",
    what: "SIGKILL",
    when: "exiting",
    how: "after the exit is written",
    ...RECORDED,
    act: whileRunning((stage) => stage.arm({ ...HAS_WRITTEN_THE_EXIT, action: "SIGKILL" })),
  },
  {
    who: "supervisor",
    what: "SIGTERM",
    when: "exiting",
    ...RECORDED,
    act: whileTheExitIsWritten(({ supervisor }) => signal(supervisor, "SIGTERM")),
  },
  {
    who: "supervisor",
    what: "SIGSTOP, SIGCONT",
    when: "exiting",
    how: "and the daemon is killed meanwhile",
    ...RECORDED,
    act: whileTheExitIsWritten(({ daemon }) => {
      signal(daemon, "SIGKILL");
      return untilGone(daemon);
    }),
  },
  {
    who: "supervisor",
    what: "disk full",
    when: "starting",
    ...REFUSED,
    async act(stage) {
      await startUnder(stage, { ...MAKES_ITS_OUTPUT, action: "ENOSPC" });
      await stage.waiting?.outcome;
      stage.disarm();
    },
  },
  {
    who: "supervisor",
    what: "disk full",
    when: "running",
    how: "the journal of a terminal cannot be written for a while",
    ...RECORDED,
    isLong: true,
    async act(stage) {
      const writesTheJournal = { role: "supervisor", call: "writev", path: "output\\.\\d+\\.raw$" } as const;
      await startUnder(stage, { ...writesTheJournal, action: "ENOSPC" }, "--tty");
      await stage.untilStarted();
      stage.openGate();
      stage.disarm();
    },
  },
  {
    who: "supervisor",
    what: "disk full",
    when: "exiting",
    how: "the exit cannot be written; it is told all the same",
    ...RECORDED,
    act: withoutTheExit("ENOSPC"),
  },
  {
    who: "supervisor",
    what: "read-only state directory",
    when: "exiting",
    ...RECORDED,
    isLong: true,
    act: withoutTheExit("EROFS"),
  },
  {
    who: "supervisor",
    what: "out of descriptors",
    when: "starting",
    how: "none for the command's output",
    ...REFUSED,
    async act(stage) {
      await stage.startDaemon();
      await stage.home.cli(["run", "--", "true"]);
      const giveBack = limitDescriptors(stage.supervisor, 0);
      stage.run();
      await stage.waiting?.outcome;
      giveBack();
    },
  },
  {
    who: "supervisor",
    what: "out of descriptors",
    when: "exiting",
    how: "none to write the exit with",
    ...RECORDED,
    isLong: true,
    act: whileRunning((stage) => {
      const giveBack = limitDescriptors(stage.supervisor, 0);
      return async () => {
        await stage.waiting?.outcome;
        giveBack();
      };
    }),
  },
  {
    who: "all",
    what: "SIGKILL",
    when: "running",
    how: "client, daemon and supervisor at once",
    outcome: "lost",
    act: whileRunning(({ everybody, daemon }) => {
      for (const pid of everybody) signal(pid, "SIGKILL");
      return untilGone(daemon);
    }),
  },
  {
    who: "all",
    what: "SIGTERM",
    when: "running",
    how: "to daemon and supervisor, as a logout does, SIGHUP to the client",
    outcome: "recorded",
    act: whileRunning(({ everybody: [client = 0, ...others], daemon }) => {
      signal(client, "SIGHUP");
      for (const pid of others) signal(pid, "SIGTERM");
      return untilGone(daemon);
    }),
  },
  {
    who: "all",
    what: "SIGSTOP, SIGCONT",
    when: "running",
    how: "everything, the command too",
    ...RECORDED,
    act: whileRunning(({ home }) => {
      const everything = home.processes();
      for (const pid of everything) signal(pid, "SIGSTOP");
      return () => {
        for (const pid of everything.toReversed()) signal(pid, "SIGCONT");
      };
    }),
  },
  {
    who: "all",
    what: "out of descriptors",
    when: "running",
    how: "daemon and supervisor have none left when the command ends",
    ...RECORDED,
    isLong: true,
    act: whileRunning(({ daemon, supervisor, commandPid }) => {
      const giveBack = [daemon, supervisor].map((pid) => limitDescriptors(pid, 0));
      return async () => {
        await untilGone(commandPid);
        for (const restore of giveBack) restore();
      };
    }),
  },
];
