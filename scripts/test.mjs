import { spawn } from "node:child_process";
import { join } from "node:path";
import { getRuntime, root } from "./runtime.mjs";
import { runScript, setup } from "./setup.mjs";

await runScript(async () => {
  await setup();
  process.exitCode = await runVitest(process.argv.slice(2));
});

/**
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code
 */
function runVitest(args) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const options = [
    "--config",
    "configs/vitest.config.ts",
    "--reporter=default",
    "--reporter=configs/count-reporter.ts",
  ];
  const env = { ...process.env };
  // Reading the certificates costs every Node 40 ms at its start, and no test needs them.
  delete env.NODE_EXTRA_CA_CERTS;
  return new Promise((resolve, reject) => {
    const child = spawn(getRuntime(), [vitest, "run", ...options, ...args], {
      cwd: root,
      env,
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
