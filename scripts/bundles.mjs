/**
 * What runs is bundled: one file per process starts in half the time that its modules would take. Of the CommonJS ones a compiled form is kept.
 * Paths are relative to the checkout.
 * @type {readonly { entry: string, output: string, format: "cjs" | "esm" }[]}
 */
export const bundles = [
  { entry: "packages/daemon/src/start.ts", output: "packages/daemon/dist/main.js", format: "esm" },
  { entry: "packages/daemon/src/main.ts", output: "packages/daemon/dist/daemon.cjs", format: "cjs" },
  { entry: "packages/daemon/src/hashing/hash-worker.ts", output: "packages/daemon/dist/hash-worker.js", format: "esm" },
  {
    entry: "packages/daemon/src/searching/search-worker.ts",
    output: "packages/daemon/dist/search-worker.js",
    format: "esm",
  },
  {
    entry: "packages/daemon/src/screens/screen-worker.ts",
    output: "packages/daemon/dist/screen-worker.js",
    format: "esm",
  },
  { entry: "packages/supervisor/src/main.ts", output: "packages/supervisor/dist/main.js", format: "esm" },
];

/** Every command. */
export const commandLine = { entry: "packages/cli/src/main.ts", output: "packages/cli/dist/main.cjs" };

/**
 * Commands that people and scripts wait for most often: each also has a bundle with nothing else in it, which starts faster by a tenth of what Node takes.
 * A command is the file of its name in commands and actions.
 */
export const alone = ["attach", "run", "status"].map((name) => ({
  name,
  entry: "packages/cli/src/main-of-command.ts",
  output: `packages/cli/dist/commands/${name}.cjs`,
}));

/** Default exports that few commands need: kept out of main.cjs, and read when the module that imports one first runs. */
export const onDemand = ["yargs", "cli-table3", "picocolors"].map((name) => ({
  name,
  output: `packages/cli/dist/${name}.cjs`,
}));

/** Every file whose absence means that the checkout is not built. */
export const outputs = [
  ...[...bundles, commandLine, ...alone, ...onDemand].map(({ output }) => output),
  "packages/cli/dist/help",
  "packages/protocol/dist/index.js",
  "packages/client/dist/index.js",
];
