/**
 * Milliseconds on a clock that nobody sets, from the start of this process on. Not `performance.now()`: the first look at `performance` makes Node
 * load ten modules, which is half a millisecond of every command and of the start of the daemon.
 */
export const monotonicMs = (): number => process.uptime() * 1_000;
