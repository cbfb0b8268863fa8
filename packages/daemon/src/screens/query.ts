const ESC = 0x1b;

/** Whatever asks a terminal for something begins so; false alarms only cost the emulation. */
const QUERY = /\x1b(?:\[[?>=]?[0-9;]*\$?[cnpuqt]|\](?:1[0-2]|7501);[^\x07\x1b]*\?|P[+$]q)/;

/** Whether a program asks its terminal for something in these bytes. */
export function hasQuery(bytes: Uint8Array): boolean {
  // Most output is text: it is not made a string to find that out.
  if (!bytes.includes(ESC)) return false;
  return QUERY.test(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1"));
}
