import { completeLength } from "@orchastration/protocol/stream";

const ESCAPE = 0x1b;
const LONGEST_CHARACTER_BYTES = 4;
/** Tells what kind of sequence is open; of an image that is all that is kept. */
const INTRODUCER_BYTES = 2;
const LONGEST_KEPT_BYTES = 4_096;
const NOTHING = new Uint8Array(0);

/** Knows of output whether it stands between two control sequences, where something of ours can be put in. */
export function followSequences(): { take(bytes: Uint8Array): void; readonly isBetween: boolean } {
  let open: Uint8Array = NOTHING;
  return {
    take(bytes) {
      const all = open.length === 0 ? bytes : Buffer.concat([open, bytes]);
      // An ESC ends whatever was open: only what begins with the last one matters.
      const last = all.lastIndexOf(ESCAPE);
      const tail = last === -1 ? all.subarray(-LONGEST_CHARACTER_BYTES) : all.subarray(last);
      const rest = tail.subarray(completeLength(tail));
      open = rest.slice(0, rest.length > LONGEST_KEPT_BYTES ? INTRODUCER_BYTES : rest.length);
    },
    get isBetween() {
      return open.length === 0;
    },
  };
}
