import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { VERSION } from "@orchastration/protocol";
import { type Home, PROJECT_ROOT } from "./home.ts";

/** The versions whose supervisors are kept: test/fixtures/compatibility/README.md. */
export const KEPT_VERSIONS = ["0.1.0-alpha.1"] as const;

/**
 * Starts the daemon of an installation of an earlier version for this user. Its supervisors are the kept ones, byte for byte. The daemon is the
 * present one under the earlier version's name: what it does is the newer one's to take over, not to be compatible with.
 */
export async function startOlderDaemon(home: Home, version: string): Promise<ChildProcess> {
  const root = join(home.dir, "older");
  const [daemon, supervisor] = [join(root, "packages/daemon/dist"), join(root, "packages/supervisor/dist")];
  mkdirSync(supervisor, { recursive: true });
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  symlinkSync(join(PROJECT_ROOT, "node_modules"), join(root, "node_modules"));
  cpSync(join(PROJECT_ROOT, "test/fixtures/compatibility", version, "supervisor.mjs"), join(supervisor, "main.js"));
  cpSync(join(PROJECT_ROOT, "packages/daemon/dist"), daemon, { recursive: true });
  const bundle = join(daemon, "daemon.cjs");
  const present = readFileSync(bundle, "utf8");
  const older = present.replace(new RegExp(`VERSION\\s*=\\s*"${VERSION}"`), `VERSION="${version}"`);
  if (older === present) throw new Error("the daemon's bundle does not name its version where it did");
  writeFileSync(bundle, older);

  const child = spawn(process.execPath, [join(daemon, "main.js"), "--report-readiness"], {
    env: { ...home.env, ORCHASTRATION_ROLE: "daemon" },
    stdio: ["ignore", "ignore", "inherit", "pipe"],
    detached: true,
  });
  const said = await text(child.stdio[3] as Readable);
  if (said !== "ready\n") throw new Error(`the older daemon said ${JSON.stringify(said)}`);
  return child;
}
