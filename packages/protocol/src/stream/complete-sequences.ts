const ESC = 0x1b;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;

/** `osc` may end with BEL as well; `string` is DCS, SOS, PM or APC. */
type State = "ground" | "escape" | "intermediate" | "csi" | "osc" | "string";

/**
 * How many of these bytes, which begin outside of any control sequence, end outside of one and between two UTF-8 characters: where the output of a
 * terminal can be cut in two without tearing anything. C1 controls as single characters are not looked for: nobody sends them in UTF-8.
 */
export function completeLength(bytes: Uint8Array): number {
  let state: State = "ground";
  let complete = 0;
  let at = 0;
  while (at < bytes.length) {
    if (state === "ground") {
      complete = bytes.indexOf(ESC, at);
      if (complete === -1) return bytes.length - incompleteCharacterBytes(bytes, at);
      state = "escape";
      at = complete + 1;
    } else {
      state = after(state, bytes[at] ?? 0);
      at += 1;
    }
  }
  return state === "ground" ? at : complete;
}

function after(state: Exclude<State, "ground">, byte: number): State {
  if (byte === ESC) return "escape";
  if (byte === CAN || byte === SUB) return "ground";
  switch (state) {
    case "escape":
      return afterEscape(byte);
    case "intermediate":
      return byte < 0x30 ? "intermediate" : "ground";
    case "csi":
      return byte < 0x40 || byte === 0x7f ? "csi" : "ground";
    case "osc":
      return byte === BEL ? "ground" : "osc";
    case "string":
      return "string";
  }
}

function afterEscape(byte: number): State {
  switch (String.fromCharCode(byte)) {
    case "[":
      return "csi";
    case "]":
      return "osc";
    case "P":
    case "X":
    case "^":
    case "_":
      return "string";
    default:
      if (byte < 0x20 || byte === 0x7f) return "escape";
      return byte < 0x30 ? "intermediate" : "ground";
  }
}

/** Bytes at the end, none before `from`, that begin a character and do not end it. */
function incompleteCharacterBytes(bytes: Uint8Array, from: number): number {
  const furthest = Math.max(from, bytes.length - 3);
  for (let at = bytes.length - 1; at >= furthest; at -= 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return bytes.length - at < length ? bytes.length - at : 0;
  }
  return 0;
}
