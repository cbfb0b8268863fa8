import { runCommandLine } from "./command-line.ts";
import { processSurroundings } from "./process-surroundings.ts";

// What was written has been taken by now: nothing is lost, and no open handle delays the end.
void runCommandLine(process.argv.slice(2), processSurroundings).then((exitCode) => process.exit(exitCode));
