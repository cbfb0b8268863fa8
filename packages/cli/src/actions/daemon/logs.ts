import type { Action } from "../../command.ts";
import { CommandError } from "../../command-error.ts";
import type { daemonLogs } from "../../commands/daemon/logs.ts";
import { followLog, offsetOfLastLines } from "../../follow/follow-log.ts";
import { createReadableSink } from "../../output/readable-sink.ts";
import { write } from "../../output/write.ts";
import { exitCodeOfSignal } from "../../signals.ts";

export const run: Action<typeof daemonLogs> = async ({ place, signals, stdout }, { follow, lines }) => {
  const path = place.logFile;
  const from = offsetOfLastLines(path, lines);
  if (from === undefined) {
    throw new CommandError("NoLog", `There is no log at ${path}.`, {
      hint: "The daemon writes it when it first runs; --state-dir chooses another instance.",
    });
  }
  const exact = (bytes: Uint8Array) => write(stdout, bytes);
  const sink = stdout.isTTY ? createReadableSink(exact).write : exact;
  if (!follow) {
    const log = followLog(path, sink, from);
    log.finish();
    await log.done;
    return 0;
  }
  const interrupted = Promise.withResolvers<number>();
  // Before the first line: whoever has seen one may interrupt.
  const dispose = signals.onEnding((signal) => interrupted.resolve(exitCodeOfSignal(signal)));
  try {
    return await Promise.race([interrupted.promise, followLog(path, sink, from).done.then(() => 0)]);
  } finally {
    dispose();
  }
};
