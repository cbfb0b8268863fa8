import { setFlagsFromString } from "node:v8";

/**
 * Every start of a command is a fork of this process, so its memory is their time. The optimizing compilers, with what they compile, take 10 MB of
 * it; what a supervisor does happens in system calls, which they do not make faster. Called before anything has run often enough to be compiled.
 */
export function staySmall(): void {
  setFlagsFromString("--no-opt");
  setFlagsFromString("--no-maglev");
}
