import { OrchastrationError } from "@orchastration/protocol";

/** What a program told its terminal about the keyboard. */
export interface KeyboardModes {
  /** DECCKM: the cursor keys are for an application. */
  readonly hasApplicationCursor: boolean;
  /** Flags of the kitty protocol in force; 1: keys that look like others are told apart. */
  readonly kittyFlags: number;
}

type Encoding =
  | { readonly kind: "byte"; readonly byte: number }
  /** `CSI final`, in the application's form `SS3 final`. */
  | { readonly kind: "cursor"; readonly final: string }
  /** F1 to F4: always SS3. */
  | { readonly kind: "function"; readonly final: string }
  | { readonly kind: "numbered"; readonly number: number };

const ESCAPE = 0x1b;
const SHIFT = 1;
const ALT = 2;
const CTRL = 4;
const MODIFIERS: Readonly<Record<string, number>> = { S: SHIFT, M: ALT, C: CTRL };
const DISAMBIGUATE = 1;
const SINGLE_CHARACTER = /^.$/su;

const byte = (code: number): Encoding => ({ kind: "byte", byte: code });
const cursor = (final: string): Encoding => ({ kind: "cursor", final });
const numbered = (number: number): Encoding => ({ kind: "numbered", number });

/** Names as tmux has them, and as they stand on a keyboard; compared in lower case. */
const NAMED: ReadonlyMap<string, Encoding> = new Map([
  ["enter", byte(0x0d)],
  ["tab", byte(0x09)],
  ["escape", byte(ESCAPE)],
  ["esc", byte(ESCAPE)],
  ["space", byte(0x20)],
  ["bspace", byte(0x7f)],
  ["backspace", byte(0x7f)],
  ["up", cursor("A")],
  ["down", cursor("B")],
  ["right", cursor("C")],
  ["left", cursor("D")],
  ["home", cursor("H")],
  ["end", cursor("F")],
  ["insert", numbered(2)],
  ["ic", numbered(2)],
  ["delete", numbered(3)],
  ["dc", numbered(3)],
  ["pageup", numbered(5)],
  ["pgup", numbered(5)],
  ["ppage", numbered(5)],
  ["pagedown", numbered(6)],
  ["pgdn", numbered(6)],
  ["npage", numbered(6)],
  ...["P", "Q", "R", "S"].map((final, index): [string, Encoding] => [`f${index + 1}`, { kind: "function", final }]),
  ...[15, 17, 18, 19, 20, 21, 23, 24].map((number, index): [string, Encoding] => [`f${index + 5}`, numbered(number)]),
]);

/**
 * The bytes a terminal in these modes sends for a key: a character, or a name as tmux has it (`Enter`, `Up`, `F5`), with any of `C-`, `M-` and `S-`
 * before it.
 * @throws {OrchastrationError} InvalidParams
 */
export function encodeKey(name: string, modes: KeyboardModes): Uint8Array {
  const { key, modifiers } = readModifiers(name.toLowerCase() === "btab" ? "S-Tab" : name);
  const named = NAMED.get(key.toLowerCase());
  if (named === undefined && !SINGLE_CHARACTER.test(key)) throw unknownKey(name);
  const encoding = named ?? byte(-1);
  switch (encoding.kind) {
    case "byte": {
      const text = encoding.byte < 0 ? key : String.fromCharCode(encoding.byte);
      const encoded = encodeText(text, modifiers, (modes.kittyFlags & DISAMBIGUATE) !== 0);
      if (encoded === undefined) throw unknownKey(name);
      return Buffer.from(encoded);
    }
    case "cursor": {
      if (modifiers !== 0) return Buffer.from(`\x1b[1;${modifiers + 1}${encoding.final}`);
      return Buffer.from(`\x1b${modes.hasApplicationCursor ? "O" : "["}${encoding.final}`);
    }
    case "function":
      return Buffer.from(modifiers === 0 ? `\x1bO${encoding.final}` : `\x1b[1;${modifiers + 1}${encoding.final}`);
    case "numbered":
      return Buffer.from(`\x1b[${encoding.number}${modifiers === 0 ? "" : `;${modifiers + 1}`}~`);
  }
}

function readModifiers(name: string): { readonly key: string; readonly modifiers: number } {
  let [key, modifiers] = [name, 0];
  for (let match = /^([CMS])-(.+)$/su.exec(key); match !== null; match = /^([CMS])-(.+)$/su.exec(key)) {
    const [, prefix = "", rest = ""] = match;
    modifiers |= MODIFIERS[prefix] ?? 0;
    key = rest;
  }
  return { key, modifiers };
}

/** Undefined when no terminal has bytes for it. */
function encodeText(text: string, modifiers: number, isDisambiguating: boolean): string | undefined {
  const code = text.codePointAt(0) ?? 0;
  const isTextual = code === 0x0d || code === 0x09 || code === 0x7f;
  // Those three stay as they are, so that a person can still type `reset` and Enter after a crash.
  const needsReport = modifiers === 0 ? code === ESCAPE : (modifiers & ~SHIFT) !== 0 || isTextual;
  if (isDisambiguating && needsReport) {
    return `\x1b[${text.toLowerCase().codePointAt(0)}${modifiers === 0 ? "" : `;${modifiers + 1}`}u`;
  }
  const prefix = (modifiers & ALT) === 0 ? "" : "\x1b";
  if (code === 0x09 && (modifiers & SHIFT) !== 0) return `${prefix}\x1b[Z`;
  const shifted = (modifiers & SHIFT) === 0 ? text : text.toUpperCase();
  if ((modifiers & CTRL) === 0) return prefix + shifted;
  const control = controlOf(code);
  return control === undefined ? undefined : prefix + String.fromCharCode(control);
}

/** What Ctrl makes of a character: those from @ to _ lose their upper bits, as do the small letters. */
function controlOf(code: number): number | undefined {
  if (code === 0x20) return 0;
  if (code === 0x3f) return 0x7f;
  if ((code >= 0x40 && code <= 0x5f) || (code >= 0x61 && code <= 0x7a)) return code & 0x1f;
  return undefined;
}

function unknownKey(name: string): OrchastrationError {
  return new OrchastrationError("InvalidParams", `There is no key ${JSON.stringify(name)}.`, {
    hint: "Write a character, or Enter, Tab, Escape, Space, BSpace, Up, Down, Left, Right, Home, End, PageUp, PageDown, Insert, Delete or F1 to F12, after C-, M- or S- if need be.",
  });
}
