import type { Clock } from "../clock.ts";

/** Typing is told of at most so often: whoever listens wants to know that somebody is there, not each key. */
const INTERVAL_MS = 1_000;
/** What a terminal says by itself is short. */
const LONGEST_REPORT_BYTES = 256;

/** Focus, cursor position, device attributes, modes, keyboard flags, and answers in OSC and DCS: no key was pressed for them. */
const REPORTS =
  /^(?:\x1b\[[IO]|\x1b\[\d+;\d+R|\x1b\[[?>=][\d;]*[cRnu]|\x1b\[\??[\d;]*\$y|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1bP[^\x1b]*\x1b\\)+$/;

/** Answers what takes the input of a terminal, and tells that somebody types. It runs before every echo: no timers, no copies. */
export function createTypingNotice(clock: Clock, tell: () => void): (bytes: Uint8Array) => void {
  let toldAt = -Infinity;
  return (bytes) => {
    const now = clock.monotonicMs();
    if (now - toldAt < INTERVAL_MS || isReport(bytes)) return;
    toldAt = now;
    tell();
  };
}

function isReport(bytes: Uint8Array): boolean {
  if (bytes.length > LONGEST_REPORT_BYTES) return false;
  return REPORTS.test(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1"));
}
