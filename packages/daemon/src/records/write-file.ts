import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { writeFileAtomically } from "@orchastration/protocol/node";

/** One JSON document, readable by people, as a whole or not at all. */
export async function writeJson(
  path: string,
  document: unknown,
  options: Omit<NonNullable<Parameters<typeof writeFileAtomically>[2]>, "mode"> = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, `${JSON.stringify(document, null, 2)}\n`, { ...options, mode: 0o600 });
}
