/** A name becomes a folder, `<name>.json` and a temporary file of it; file systems allow 255 bytes for each. */
const mostNameBytes = 200;

const faults: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^$/, "it is empty"],
  [/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u, "it contains a control or invisible character"],
  [/[/\\]/, "it contains a path separator"],
  [/[<>:"|?*]/, 'it contains one of < > : " | ? *, which Windows refuses'],
  [/^\./, "it begins with a dot"],
  [/^-/, "it begins with a dash, as an option would"],
  [/^\s/u, "it begins with a space"],
  [/[\s.]$/u, "it ends with a space or a dot, which Windows drops"],
  [/^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i, "it is the name of a device on Windows"],
  [/~\d/, "it looks like a short file name of Windows"],
];

/** Why `name` cannot be one file name on every system we run on; `undefined` when it can. */
export function findNameFault(name: string): string | undefined {
  if (Buffer.byteLength(name) > mostNameBytes) return `it is longer than ${mostNameBytes} bytes`;
  return faults.find(([pattern]) => pattern.test(name))?.[1];
}

/** Names with the same folded form are one file where the file system ignores letter case or composes accents. */
export function foldName(name: string): string {
  // Lower case first as well: the capital ẞ is its own upper case, and only the small one becomes SS.
  return name.normalize("NFC").toLowerCase().toUpperCase().toLowerCase().normalize("NFC");
}
