import headless, { type Terminal } from "@xterm/headless";

/** The package is CommonJS written so that Node does not see its names: this is the one place that knows. */
export type Emulator = Terminal;
export const Emulator: typeof Terminal = headless.Terminal;
