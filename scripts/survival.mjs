import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { getRuntime, root } from "./runtime.mjs";

// The whole survival matrix, not only its quick cells; `--write` brings docs/survival.md up to date once every cell has held.
const { argv, env } = process;
const args = argv.slice(2).filter((arg) => arg !== "--write");
const { status } = spawnSync(
  getRuntime(),
  [join(root, "scripts/test.mjs"), "--project", "survival", "test/survival", ...args],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...env, ORCHASTRATION_SURVIVAL: argv.includes("--write") ? "write" : "whole" },
  },
);
process.exitCode = status ?? 1;
