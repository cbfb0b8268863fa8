import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { alone, bundles, commandLine, onDemand } from "./bundles.mjs";
import { root } from "./runtime.mjs";

/** They load a binary that lies beside their own files. */
const nativePackages = ["better-sqlite3", "node-pty"];

/** CommonJS packages inside an ES module bundle still call `require` for Node's own modules. */
const requireForEsm =
  'import { createRequire as createRequireForBundle } from "node:module"; const require = createRequireForBundle(import.meta.url);';

/** Libraries leave out what serves their own development: one of winston's loads the names of colours, 2 ms of each start of the daemon. */
const asInstalled = { "process.env.NODE_ENV": '"production"' };

/** And ES modules inside a CommonJS bundle still ask for their own place. */
const moduleUrlForCjs = {
  banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  define: { "import.meta.url": "bundleUrl", ...asInstalled },
};

/** Each of these adds up to 6 milliseconds to the 30 in which Node itself starts. */
const lateBuiltins = [
  "child_process",
  "crypto",
  "fs/promises",
  "module",
  "net",
  "os",
  "readline",
  "string_decoder",
  "timers/promises",
];

/** A stand-in for a function, class or object, which is looked up when it is first used. */
const late = `const late = (get) => new Proxy(function () {}, {
  apply: (_, self, args) => Reflect.apply(get(), self, args),
  construct: (_, args) => Reflect.construct(get(), args),
  get: (_, name) => get()[name],
});`;

/**
 * Lets the sources import as usual, and the bundle read modules of Node, and packages from files of their own, when something in them is first
 * used: reading and parsing them would slow every start.
 * @type {import("esbuild").Plugin}
 */
const loadLate = {
  name: "load-late",
  setup(plugin) {
    const packages = new RegExp(`^(${onDemand.map(({ name }) => name).join("|")})$`);
    plugin.onResolve({ filter: packages }, ({ path }) => ({ path, namespace: "late-package" }));
    plugin.onLoad({ filter: /./, namespace: "late-package" }, ({ path }) => ({
      contents: `${late}\nexport default /* @__PURE__ */ late(() => require("./${path}.cjs").default);`,
      resolveDir: root,
    }));
    plugin.onResolve({ filter: /\.cjs$/, namespace: "late-package" }, ({ path }) => ({ path, external: true }));

    const builtins = new RegExp(`^node:(${lateBuiltins.join("|")})$`);
    plugin.onResolve({ filter: builtins }, ({ path, namespace }) => {
      return namespace === "late-builtin" ? { path, external: true } : { path, namespace: "late-builtin" };
    });
    plugin.onLoad({ filter: /./, namespace: "late-builtin" }, async ({ path }) => {
      const { default: builtin } = /** @type {{ default: object }} */ (await import(path));
      const names = Object.keys(builtin).filter((name) => name !== "default");
      const lines = names.map(
        (name) => `export const ${name} = /* @__PURE__ */ late(() => require("${path}").${name});`,
      );
      return { contents: [late, ...lines].join("\n") };
    });
  },
};

/**
 * Modules that the sources import on demand become ordinary parts of the bundle. To import them later the bundler would wrap every module that any of
 * them needs too, which costs more at each start (a sixth) than having their functions lie there unread.
 * @type {import("esbuild").Plugin}
 */
const bundleFlat = {
  name: "bundle-flat",
  setup(plugin) {
    plugin.onLoad({ filter: /[/\\]packages[/\\](cli|client)[/\\]src[/\\].*\.ts$/ }, async ({ path }) => {
      /** @type {string[]} */
      const imports = [];
      const source = await readFile(path, "utf8");
      const body = source.replaceAll(/\bimport\(("\.[^"]+")\)/g, (_, specifier) => {
        const name = `onDemand${imports.length}`;
        imports.push(`import * as ${name} from ${specifier};`);
        return `Promise.resolve(${name})`;
      });
      return { contents: `${imports.join("")}${body}`, loader: "ts" };
    });
  },
};

/**
 * Leaves one command in the table.
 * @param {string} name
 * @returns {import("esbuild").Plugin}
 */
const onlyCommand = (name) => ({
  name: "only-command",
  setup(plugin) {
    plugin.onLoad({ filter: /[/\\]cli[/\\]src[/\\]commands[/\\]index\.ts$/ }, () => ({
      contents: `
        import { command } from "../command.ts";
        import { ${name} } from "./${name}.ts";
        import * as action from "../actions/${name}.ts";
        export const commands = [command(${name}, () => Promise.resolve(action))];
        export const commandTable = { commands: [${name}], groups: [] };`,
      loader: "ts",
    }));
  },
});

/**
 * Messages of our validation are English; those in fifty other languages are a quarter of the daemon's bundle.
 * @type {import("esbuild").Plugin}
 */
const englishOnly = {
  name: "english-only",
  setup(plugin) {
    plugin.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** @type {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node24",
  conditions: ["source"],
  external: nativePackages,
  sourcemap: "linked",
  logLevel: "warning",
  legalComments: "none",
};

/**
 * @param {(typeof bundles)[number]} bundle
 * @param {import("esbuild").BuildOptions} options
 */
function bundleEntry({ entry, output, format }, options) {
  return build({
    ...common,
    entryPoints: [entry],
    outfile: output,
    format,
    metafile: true,
    // Whitespace and comments are read at every start too. Names stay, for the traces in the log.
    minifyWhitespace: true,
    ...options,
  });
}

/** @param {(typeof bundles)[number]} bundle */
function bundleProcess(bundle) {
  const modules = bundle.format === "esm" ? { banner: { js: requireForEsm } } : moduleUrlForCjs;
  return bundleEntry(bundle, { ...modules, plugins: [englishOnly] });
}

/**
 * @param {typeof commandLine} bundle
 * @param {readonly import("esbuild").Plugin[]} plugins
 * @param {import("esbuild").BuildOptions} options
 */
async function bundleCommandLine({ entry, output }, plugins = [], options = {}) {
  const all = { ...options, plugins: [...plugins, bundleFlat, loadLate] };
  const { metafile } = await bundleEntry({ entry, output, format: "cjs" }, all);
  refuseHeavyParts(metafile?.outputs[output]?.inputs ?? {});
}

/**
 * One import too many brings in a library that takes longer to load than everything else together.
 * @param {Readonly<Record<string, { bytesInOutput: number }>>} inputs
 */
function refuseHeavyParts(inputs) {
  const heavy = Object.entries(inputs).filter(
    ([path, { bytesInOutput }]) => /node_modules\/(zod|yargs|cli-table3|winston)\//.test(path) && bytesInOutput > 0,
  );
  if (heavy.length === 0) return;
  const paths = heavy.map(([path]) => `  ${path}`).join("\n");
  throw new Error(
    `The command line would load these at every start; import their types only, or load them on demand:\n${paths}`,
  );
}

/** @param {(typeof onDemand)[number]} bundle */
function bundlePackage({ name, output }) {
  return build({
    ...common,
    stdin: { contents: `export { default } from "${name}";`, resolveDir: join(root, "packages/cli") },
    outfile: output,
    format: "cjs",
    minify: true,
    sourcemap: false,
    ...moduleUrlForCjs,
  });
}

/** The declarations of every package, and the JavaScript of the two that are published as modules. */
function compile() {
  const folders = ["protocol", "client", "supervisor", "daemon", "cli"].map((name) => `packages/${name}`);
  return runNode("node_modules/typescript/bin/tsc", "-b", ...folders);
}

/** The pages of help, from the sources: at run time they would take longer than anything else that a command line does by itself. */
const writeHelp = () => runNode("--conditions=source", "scripts/write-help.ts");

/** @param {readonly string[]} args */
function runNode(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    const failed = (/** @type {number | null} */ code) => new Error(`node ${args.join(" ")} ended with ${code}`);
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve(undefined) : reject(failed(code))));
  });
}

// Compiled forms of the bundles that are about to be replaced.
for (const name of ["cli", "daemon"])
  await rm(join(root, `packages/${name}/dist/compiled`), { recursive: true, force: true });
// All to their end before any failure counts: one run shows every mistake.
const results = await Promise.allSettled([
  compile(),
  writeHelp(),
  ...bundles.map(bundleProcess),
  bundleCommandLine(commandLine),
  ...alone.map((bundle) => bundleCommandLine(bundle, [onlyCommand(bundle.name)], { minify: true })),
  ...onDemand.map(bundlePackage),
]);
for (const result of results) {
  if (result.status === "fulfilled") continue;
  process.exitCode = 1;
  // esbuild and the compiler have printed theirs.
  const reason = /** @type {Error} */ (result.reason);
  if (!("errors" in reason)) process.stderr.write(`${reason.message}\n`);
}
