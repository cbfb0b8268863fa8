// dist/main.js: runs the bundle of main.ts from its compiled form where there is one. Compiling is a third of the daemon's start, and Node's own
// compile cache keeps only the functions that are compiled on loading.

// Not imported: for an import of node:fs Node looks at every property of it, one of which loads its streams.
const { mkdirSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } =
  process.getBuiltinModule("node:fs");
const { createRequire } = process.getBuiltinModule("node:module");
const { dirname, join } = process.getBuiltinModule("node:path");
const { fileURLToPath } = process.getBuiltinModule("node:url");
const { Script } = process.getBuiltinModule("node:vm");

/** Until then the daemon has started; later V8 throws away the compiled form of what only a start needs. */
const KEEP_AFTER_MS = 1_000;

const self = fileURLToPath(import.meta.url);
const bundle = join(dirname(self), "daemon.cjs");
// V8 itself compares its version, its flags and the length of the source; the time stands for the rest of it.
const compiled = join(dirname(self), "compiled", `daemon-${process.version}-${statSync(bundle).mtimeMs}`);

function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Undefined unless it is as it was written: V8 looks at the beginning only, and crashes over what a power failure or a bad disk left of the rest. It
 * stands in its file twice, which is compared faster than a digest is made.
 */
function readCompiled(path: string): Buffer | undefined {
  const twice = readIfPresent(path);
  if (twice === undefined) return undefined;
  const once = twice.subarray(0, twice.length / 2);
  return once.equals(twice.subarray(once.length)) ? once : undefined;
}

/**
 * Appears as a whole, so that nobody reads half of it, and for nobody else to write, whatever the umask: it is run. Where the bundle's folder belongs
 * to somebody else, every start compiles.
 */
function keep(script: InstanceType<typeof Script>): void {
  try {
    const data = script.createCachedData();
    mkdirSync(dirname(compiled), { recursive: true, mode: 0o700 });
    const temporary = `${compiled}.${process.pid}.new`;
    writeFileSync(temporary, Buffer.concat([data, data]), { mode: 0o600 });
    renameSync(temporary, compiled);
    sweep(dirname(compiled));
  } catch {
    // The next start tries again.
  }
}

/** Removes what those left who were killed while they wrote. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, pid] = /\.(\d+)\.new$/.exec(name) ?? [];
    if (pid !== undefined && !lives(Number(pid))) unlinkSync(join(folder, name));
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

const cachedData = readCompiled(compiled);
// The bundler writes ASCII alone.
const source = `(function (require, __filename) {${readFileSync(bundle, "latin1")}\n})`;
const script = new Script(source, { filename: bundle, ...(cachedData !== undefined && { cachedData }) });
if (script.cachedDataRejected !== false) setTimeout(() => keep(script), KEEP_AFTER_MS).unref();
const run = script.runInThisContext() as (require: NodeJS.Require, filename: string) => void;
// The workers lie beside this file, in its form.
run(createRequire(self), self);
