import { createHash } from "node:crypto";
import { Flaw } from "./flaw.ts";

/** SHA-256, hexadecimal. */
export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** Base64 has several spellings of the same bytes; only the one that an encoder writes is accepted, so that no byte can change unnoticed. */
export function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw new Flaw("something in it is not base64");
  return bytes;
}

export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Flaw(`${what} is not JSON`);
  }
}
