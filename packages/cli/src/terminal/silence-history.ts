import { completeLength } from "@orchastration/protocol/stream";

/**
 * What makes a terminal answer: device attributes, status and cursor position, modes, name, keyboard protocol, window, colours, clipboard, program
 * status, settings. None of it shows.
 */
const QUERIES = [
  String.raw`\[[>=]?[0-9]*c`,
  String.raw`\[\??[0-9;]+n`,
  String.raw`\[\??[0-9;]*\$p`,
  String.raw`\[>[0-9]*q`,
  String.raw`\[\?u`,
  String.raw`\[(?:1[1-9]|2[01])(?:;[0-9]*)*t`,
  String.raw`\](?:4|5|1[0-9]|21|52|7501);[^\x07\x1b]*\?[^\x07\x1b]*(?:\x07|\x1b\\)`,
  String.raw`P[+$]q[^\x1b]*\x1b\\`,
];
const QUERY = new RegExp(`\\x1b(?:${QUERIES.join("|")})`, "g");
const LONGEST_HELD_BYTES = 64 * 1024;
const ESCAPE = 0x1b;

/**
 * Output that was there before we came was also answered before: shown again, it must not make this terminal answer a second time. Takes bytes and
 * the offset behind them; those from `historyEnd` on are not looked at.
 */
export function silenceHistory(historyEnd: number): (bytes: Uint8Array, end: number) => Uint8Array {
  let held: Uint8Array = new Uint8Array(0);
  return (bytes, end) => {
    const historyBytes = Math.min(bytes.length, historyEnd - (end - bytes.length));
    if (historyBytes <= 0) return bytes;
    const old = Buffer.concat([held, bytes.subarray(0, historyBytes)]);
    const isLast = end >= historyEnd;
    const complete = completeLength(old);
    const taken = isLast || old.length - complete > LONGEST_HELD_BYTES ? old.length : complete;
    held = old.subarray(taken);
    const silent = withoutQueries(old.subarray(0, taken));
    return isLast ? Buffer.concat([silent, bytes.subarray(historyBytes)]) : silent;
  };
}

function withoutQueries(bytes: Buffer): Buffer {
  return bytes.includes(ESCAPE) ? Buffer.from(bytes.toString("latin1").replaceAll(QUERY, ""), "latin1") : bytes;
}
