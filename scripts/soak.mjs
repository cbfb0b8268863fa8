import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { getRuntime, root } from "./runtime.mjs";

// Ten minutes of mixed work, or as many as the first argument says; `npm test` has half a minute of it.
const [minutes = "10"] = process.argv.slice(2);
const { status } = spawnSync(getRuntime(), [join(root, "scripts/test.mjs"), "--project", "survival", "test/soak"], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, SOAK_MINUTES: minutes },
});
process.exitCode = status ?? 1;
