import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { outputs } from "./bundles.mjs";
import { capture, getLastLines } from "./capture.mjs";
import { withLock } from "./lock.mjs";
import { getRuntime, refuseUnsupportedPlatform, root, SetupError } from "./runtime.mjs";

/**
 * One thing that must be done before the checkout works, and again when what it depends on changed.
 * @typedef {{ name: string, digest: () => string, outputs: readonly string[], run: () => Promise<void> }} Step
 */

/** @type {Step} */
const packages = {
  name: "packages",
  digest: () => digestOf([process.platform, process.arch, read("package-lock.json")]),
  outputs: ["node_modules/.package-lock.json"],
  run: installPackages,
};

/** @type {Step} */
const build = { name: "build", digest: digestOfSources, outputs, run: runBuild };

/** `npm ci` removes everything under node_modules, so an interrupted one leaves no stamp that claims it succeeded. */
const stampFolder = join(root, "node_modules/.cache/orchastration");

/** Makes the checkout ready to run: packages installed, sources built. Does nothing where nothing changed. */
export async function setup() {
  await ensure([packages, build]);
}

/** Makes the tools of the checkout ready, and leaves building to the caller. */
export async function setupPackages() {
  await ensure([packages]);
}

/**
 * Runs a script's main function; a failed one ends the process with exit code 1.
 * @param {() => Promise<void>} main
 */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/** @param {readonly Step[]} steps */
async function ensure(steps) {
  if (steps.every(isDone)) return;
  refuseUnsupportedPlatform();
  const whenWaiting = (/** @type {number} */ pid) =>
    say(`waiting for process ${pid}, which is setting up this checkout`);
  await withLock(join(root, ".setup-lock"), whenWaiting, async () => {
    for (const step of steps) {
      if (isDone(step)) continue;
      // Taken before the work: a source that changes meanwhile makes the next call do it again.
      const digest = step.digest();
      await step.run();
      mkdirSync(stampFolder, { recursive: true });
      writeFileSync(join(stampFolder, step.name), digest);
    }
  });
}

/** @param {Step} step */
function isDone(step) {
  const stamp = join(stampFolder, step.name);
  return (
    existsSync(stamp) &&
    readFileSync(stamp, "utf8") === step.digest() &&
    step.outputs.every((path) => existsSync(join(root, path)))
  );
}

async function installPackages() {
  say("installing packages (npm ci)");
  // Spelled out, because NODE_ENV=production and the like would leave out the compiler or the runtime.
  const options = ["--ignore-scripts", "--include=dev", "--include=optional", "--engine-strict=false"];
  const [file, ...words] = getNpm();
  const { code, output } = await capture(file, [...words, "ci", ...options, "--no-audit", "--no-fund"]).catch(() => {
    throw new SetupError(
      "npm could not be started: install it (it comes with Node), put it on the PATH, and try again.",
    );
  });
  if (code === 0) return;
  const reason = /code (E\w+)/.exec(output)?.[1] ?? "";
  const isUnreachable = /^(ENOTFOUND|EAI_\w+|ECONN\w+|ENET\w+|EHOST\w+|E\w*TIMEDOUT|ERR_SOCKET_TIMEOUT)$/.test(reason);
  const advice = isUnreachable
    ? `npm could not reach its package registry (${reason}): check the network, the proxy variables and npm's registry setting, and try again.`
    : `npm ci failed with exit code ${code}: its last lines above say why.`;
  throw new SetupError(`${getLastLines(output, 20)}\n${advice}`);
}

async function runBuild() {
  say("building");
  const { code, output } = await capture(getRuntime(), [join(root, "scripts/build.mjs")]);
  if (code !== 0) throw new SetupError(`${getLastLines(output, 60)}\nThe build failed; nothing was started.`);
}

/**
 * How to start npm: a command line's first words.
 * @returns {[string, ...string[]]}
 */
function getNpm() {
  // Set by npm for the scripts it runs; other package managers set it too.
  const running = process.env.npm_execpath;
  if (running !== undefined && basename(running) === "npm-cli.js" && existsSync(running)) {
    return [process.execPath, running];
  }
  // On Windows npm itself is a batch file, which only a shell could start.
  const installed = join(dirname(process.execPath), "node_modules/npm/bin/npm-cli.js");
  return process.platform === "win32" && existsSync(installed) ? [process.execPath, installed] : ["npm"];
}

/** Over everything the build reads. Contents rather than times: a checkout or a copy touches every file. */
function digestOfSources() {
  const { workspaces } = /** @type {{ workspaces: string[] }} */ (JSON.parse(read("package.json").toString()));
  const paths = [
    "package-lock.json",
    "configs/tsconfig.base.json",
    "scripts/build.mjs",
    "scripts/bundles.mjs",
    "scripts/write-help.ts",
    ...workspaces.flatMap((folder) => [
      `${folder}/package.json`,
      `${folder}/tsconfig.json`,
      ...listFiles(`${folder}/src`),
    ]),
  ];
  return digestOf(paths.flatMap((path) => [path, read(path)]));
}

/**
 * Every file under a folder of the checkout, in an order that does not depend on the file system.
 * @param {string} folder
 * @returns {string[]}
 */
function listFiles(folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .flatMap((entry) => (entry.isDirectory() ? listFiles(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]))
    .sort();
}

/** @param {readonly (string | Buffer)[]} parts */
function digestOf(parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}

/** @param {string} path */
function read(path) {
  return readFileSync(join(root, path));
}

/** On stderr: what a command prints on stdout is its result. @param {string} text */
function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runScript(setup);
