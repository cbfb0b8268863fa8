import { readFile } from "node:fs/promises";
import { errorCode, writeFileAtomically } from "@orchastration/protocol/node";
import { z } from "zod";

const trustedFile = z.strictObject({
  /** Relative to the repository, with `/` between the parts. */
  path: z.string(),
  /** Hexadecimal SHA-256 of the content. */
  sha256: z.string(),
});

/** By canonical path of the repository. */
const grants = z.record(z.string(), z.strictObject({ files: z.array(trustedFile) }));
const content = z.strictObject({ version: z.literal(1), repositories: grants });

export type TrustedFile = z.infer<typeof trustedFile>;
export type Grants = z.infer<typeof grants>;

/** The record of what a person trusts cannot be used. Nothing is trusted then, and nothing is written over it. */
class TrustFileDamaged extends Error {
  constructor(file: string, reason: string) {
    super(`${file} is no record of trusted repositories (${reason}). Move it away, then trust the repositories again.`);
    this.name = "TrustFileDamaged";
  }
}

/** @throws TrustFileDamaged */
export async function readGrants(file: string): Promise<Grants> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return {};
    throw new TrustFileDamaged(file, errorCode(error) ?? "unreadable");
  }
  const parsed = content.safeParse(parseJson(text));
  if (!parsed.success) throw new TrustFileDamaged(file, "unexpected content");
  return parsed.data.repositories;
}

export async function writeGrants(file: string, repositories: Grants): Promise<void> {
  await writeFileAtomically(file, `${JSON.stringify({ version: 1, repositories }, null, 2)}\n`, { mode: 0o600 });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
