import { setFlagsFromString } from "node:v8";

/**
 * Every start of a command is a fork of this process, so its memory is their time. The optimizing compiler, with what it compiles, takes 7 MB of it
 * and saves nothing here; the quick one before it (Maglev) takes one, and a quarter of the time between a key and its echo. Called before anything
 * has run often enough to be compiled.
 */
export function staySmall(): void {
  setFlagsFromString("--no-opt");
}
