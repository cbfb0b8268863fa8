import type { DaemonClient, ResilientClient } from "@orchastration/client";
import type { Context as Caller, MethodName, Params, Result } from "@orchastration/protocol/contract";
import type { PathChoices, Paths } from "@orchastration/protocol/node";
import type { CommandTable } from "./command-spec.ts";
import type { Globals } from "./global-options.ts";
import type { ColorWishes } from "./output/colors.ts";
import type { Output } from "./output/output.ts";
import type { Keyboard, Terminal } from "./output/terminal.ts";
import type { Signals } from "./signals.ts";
import type { Suspension } from "./suspension.ts";

/** What a process is given by whoever starts it: all that a command may know of the world outside. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Keyboard;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly signals: Signals;
  readonly suspension: Suspension;
  /** The daemon's main.js. */
  readonly daemonProgram: string;
  /** Where the build wrote help down; it need not be there. */
  readonly helpDir: string;
  paths(choices: PathChoices): Paths;
  /** Runs a program of the system to its end. Answers why it failed, null when it did not. */
  execute(argv: readonly string[]): Promise<string | null>;
}

/** What a command's action works with. */
export interface Context extends Omit<Surroundings, "helpDir"> {
  readonly commandTable: CommandTable;
  readonly globals: Globals;
  readonly output: Output;
  readonly colorWishes: ColorWishes;
  /** Where files are, as the command line and the environment say. */
  readonly place: Paths;
  /** Goes with every request whose meaning depends on where the caller stands. */
  readonly caller: Caller;
  /** Arguments with which a daemon serves this instance. */
  readonly daemonArgs: readonly string[];
  /** One request that only reads, and its answer. Starts the daemon when none runs. */
  ask<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>>;
  /** Starts the daemon when none runs, unless told otherwise. `isSilent`: shows nothing however long it takes, as the screen is not ours. */
  connect(options?: { readonly mayLaunch: boolean; readonly isSilent?: boolean }): Promise<DaemonClient>;
  /** A connection that is made anew when it breaks. */
  connectResiliently(): Promise<ResilientClient>;
}
