#!/usr/bin/env node
"use strict";

// Every Node from 12 on can parse this file: an old one must still be able to hand over, or to say what is missing.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major >= 26 || (major === 24 && minor >= 16)) {
  loadCommandLine(`${__dirname}/../dist`, process.argv[2]);
} else {
  require("./hand-over.cjs").toPinnedRuntime([__filename, ...process.argv.slice(2)]);
}

/**
 * Runs the bundle, from its compiled form where there is one: compiling is a third of what the command line adds to Node's own start. Node's
 * compile cache would keep the functions that are compiled on loading; this keeps those that the command really called.
 * @param {string} folder
 * @param {string | undefined} firstWord
 */
function loadCommandLine(folder, firstWord = "") {
  const fs = require("fs");
  const command = /^[a-z]+$/.test(firstWord) ? firstWord : "other";
  // Some commands have a bundle of their own.
  const found = readIfPresent(fs, `${folder}/commands/${command}.cjs`);
  const bundle = found === undefined ? `${folder}/main.cjs` : `${folder}/commands/${command}.cjs`;
  const bytes = found === undefined ? readIfPresent(fs, bundle) : found;
  if (bytes === undefined) {
    process.stderr.write("orchastration: not built: run npm start once\n");
    process.exitCode = 69;
    return;
  }
  const { Script } = require("vm");
  // The bundler writes ASCII alone.
  const source = bytes.toString("latin1");
  // V8 itself compares its version, its flags and the length of the source; the time stands for the rest of it.
  const compiled = `${folder}/compiled/${command}-${process.version}-${fs.statSync(bundle).mtimeMs}`;
  const cachedData = readCompiled(fs, compiled);
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${source}\n})`;
  const script = new Script(wrapped, { filename: bundle, ...(cachedData && { cachedData }) });
  if (script.cachedDataRejected !== false) {
    // A word that is no command (exit code 2) leaves nothing behind.
    process.on("exit", (code) => code !== 2 && keep(fs, compiled, script.createCachedData()));
  }
  const run = /** @type {(...names: unknown[]) => void} */ (script.runInThisContext());
  run(module.exports, createRequireIn(folder), module, bundle, folder);
}

/**
 * Modules of Node are most of what a bundle asks for: they need no search.
 * @param {string} folder
 * @returns {(name: string) => unknown}
 */
function createRequireIn(folder) {
  return (name) => {
    const find = name.startsWith("node:") ? require : require("module").createRequire(`${folder}/`);
    return /** @type {unknown} */ (find(name));
  };
}

/**
 * @param {typeof import("fs")} fs
 * @param {string} path
 */
function readIfPresent(fs, path) {
  try {
    return fs.readFileSync(path);
  } catch (_) {
    return undefined;
  }
}

/**
 * Undefined unless it is as it was written: V8 looks at the beginning only, and crashes over what a power failure or a bad disk left of the rest. It
 * stands in its file twice, since comparing takes less than a tenth of what the modules take to load that make digests.
 * @param {typeof import("fs")} fs
 * @param {string} path
 */
function readCompiled(fs, path) {
  const twice = readIfPresent(fs, path);
  if (twice === undefined) return undefined;
  const once = twice.subarray(0, twice.length / 2);
  return once.equals(twice.subarray(once.length)) ? once : undefined;
}

/**
 * Appears as a whole, so that nobody reads half of it, and for nobody else to write, whatever the umask: it is run. Where the bundle's folder belongs
 * to somebody else, every start compiles.
 * @param {typeof import("fs")} fs
 * @param {string} path
 * @param {Buffer} data
 */
function keep(fs, path, data) {
  try {
    fs.mkdirSync(require("path").dirname(path), { recursive: true, mode: 0o755 });
    const temporary = `${path}.${process.pid}.new`;
    fs.writeFileSync(temporary, Buffer.concat([data, data]), { mode: 0o644 });
    fs.renameSync(temporary, path);
    sweep(fs, require("path").dirname(path));
  } catch (_) {
    // The next start tries again.
  }
}

/**
 * Removes what those left who were killed while they wrote.
 * @param {typeof import("fs")} fs
 * @param {string} folder
 */
function sweep(fs, folder) {
  for (const name of fs.readdirSync(folder)) {
    const found = /\.(\d+)\.new$/.exec(name);
    if (found !== null && !lives(Number(found[1]))) fs.unlinkSync(`${folder}/${name}`);
  }
}

/** @param {number} pid */
function lives(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH";
  }
}
