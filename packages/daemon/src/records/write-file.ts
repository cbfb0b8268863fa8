import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode, writeFileAtomically } from "@orchastration/protocol/node";

/** One JSON document, readable by people, as a whole or not at all, for this user alone. Makes its folder, which nearly always is there. */
export async function writeJson(
  path: string,
  document: unknown,
  options: Omit<NonNullable<Parameters<typeof writeFileAtomically>[2]>, "mode"> = {},
): Promise<void> {
  const write = (): Promise<void> => writeFileAtomically(path, `${JSON.stringify(document, null, 2)}\n`, options);
  try {
    await write();
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await write();
  }
}
