import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import handOver from "../packages/cli/bin/hand-over.cjs";
import { getRuntime, root } from "./runtime.mjs";
import { runScript, setup } from "./setup.mjs";

const commandLine = join(root, "packages/cli/bin/orchastration.cjs");
const exampleConfig = join(root, "configs/config.example.toml");

await runScript(async () => {
  await setup();
  enterCallersDirectory();
  const args = process.argv.slice(2);
  if (args.length === 0) return demonstrate();
  await offerExampleConfig();
  // In this process where it is new enough: signals, streams and the exit code are then the command line's own.
  process.argv = [process.execPath, commandLine, ...args];
  createRequire(import.meta.url)(commandLine);
});

/** npm runs scripts in the checkout, wherever it was called. */
function enterCallersDirectory() {
  const directory = process.env.INIT_CWD;
  if (process.env.npm_lifecycle_event === "start" && directory !== undefined) process.chdir(directory);
}

/** Somebody who has not configured anything yet can try `npm start -- run sample`. A file of their own, or a named one, is stronger. */
async function offerExampleConfig() {
  const protocol = new URL("../packages/protocol/dist/node/index.js", import.meta.url);
  const { currentPaths } = /** @type {typeof import("@orchastration/protocol/node")} */ (await import(protocol.href));
  const { namedConfigFile, defaultConfigFile } = currentPaths();
  if (namedConfigFile === null && !existsSync(defaultConfigFile)) process.env.ORCHASTRATION_CONFIG = exampleConfig;
}

function demonstrate() {
  const runtime = getRuntime();
  handOver.to(runtime, [commandLine, "--config", exampleConfig, "run", "sample"], (code, signal) => {
    if (code !== 0) return handOver.endAs(code, signal);
    const shown = execFileSync(runtime, [commandLine, "--config", exampleConfig, "show", "sample", "--json"]);
    process.stdout.write(describe(/** @type {JobRecord} */ (JSON.parse(shown.toString()))));
  });
}

/**
 * @typedef {{ run_id: string, stdout_path: string }} JobRecord
 * @param {JobRecord} record
 */
function describe({ run_id, stdout_path }) {
  return `
That was the job "sample" of ${relative(process.cwd(), exampleConfig)}. Its record is
${stdout_path.replace(/\.stdout\.log$/, ".json")}

  npm start -- runs                   what ran
  npm start -- logs ${run_id}      what it printed
  npm start -- run -- git status      run any command the same way
  npm start -- daemon stop            the daemon stays until told to stop
`;
}
