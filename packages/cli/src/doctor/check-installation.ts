import { existsSync } from "node:fs";
import { VERSION } from "@orchastration/protocol";
import type { Finding } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";

/** What this program consists of. */
export function checkInstallation({ daemonProgram }: Pick<Context, "daemonProgram">): readonly Finding[] {
  const program = `orchastration ${VERSION} on Node ${process.version}, ${process.platform} ${process.arch}`;
  if (existsSync(daemonProgram)) return [{ check: "installation", status: "ok", message: program, hint: null }];
  const message = `${program}: ${daemonProgram} is missing`;
  return [
    { check: "installation", status: "error", message, hint: "Install the program again, or build the checkout." },
  ];
}
