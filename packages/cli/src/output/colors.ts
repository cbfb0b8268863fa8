import picocolors from "picocolors";
import type { Terminal } from "./terminal.ts";

export type Colors = ReturnType<typeof picocolors.createColors>;

export interface ColorWishes {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False with `--no-color`. */
  readonly isAllowed: boolean;
}

/** The flag, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal that can. Sources: no-color.org, force-color.org. */
export function wantsColor(stream: Terminal, { env, isAllowed }: ColorWishes): boolean {
  if (!isAllowed || isSet(env["NO_COLOR"])) return false;
  if (isSet(env["FORCE_COLOR"])) return env["FORCE_COLOR"] !== "0";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

export function colorsFor(stream: Terminal, wishes: ColorWishes): Colors {
  return picocolors.createColors(wantsColor(stream, wishes));
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
