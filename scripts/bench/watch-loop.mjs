// Loaded into a daemon with --import. At SIGUSR2 it writes to the file LOOP_DELAY by how many milliseconds, at the 99th percentile, the event loop was
// late since the last time.
import { renameSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const { LOOP_DELAY = "" } = process.env;
/** Milliseconds. What is recorded is the time between two looks, of which so much is no delay. */
const RESOLUTION = 1;
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
histogram.enable();

process.on("SIGUSR2", () => {
  const late = Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION);
  histogram.reset();
  writeFileSync(`${LOOP_DELAY}.new`, String(late));
  renameSync(`${LOOP_DELAY}.new`, LOOP_DELAY);
});
