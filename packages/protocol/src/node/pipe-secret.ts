import { randomBytes } from "node:crypto";
import { link, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "../ids.ts";
import { writeFileAtomically } from "./atomic-file.ts";
import { errorCode } from "./error-code.ts";
import { PIPE_SECRET_BYTES } from "./pipe-challenge.ts";

/** The secret both ends of a Windows pipe prove to know, made on first use. Of two that make it at once one wins and both read the same. */
export async function loadPipeSecret(stateDir: string): Promise<Uint8Array> {
  const path = join(stateDir, "pipe-secret");
  const existing = await readIfPresent(path);
  if (existing !== undefined) return existing;
  const draft = join(stateDir, `pipe-secret.${newId()}`);
  await writeFileAtomically(draft, randomBytes(PIPE_SECRET_BYTES));
  try {
    await link(draft, path);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return await readFile(path);
}

async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
