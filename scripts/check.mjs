import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { capture, getLastLines } from "./capture.mjs";
import { getRuntime, root, SetupError } from "./runtime.mjs";
import { runScript, setup, setupPackages } from "./setup.mjs";

/**
 * One question about the repository: a command that says no with its exit code.
 * @typedef {{ name: string, args: () => string[] }} Step
 */

const tailLines = 80;

/** Tools start helpers by name: those must find the pinned runtime before the machine's own. */
const PATH = `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH}`;

/**
 * What reads declarations needs the build before it; the rest reads sources alone. The two lanes share the machine.
 * @type {readonly (readonly Step[])[]}
 */
const lanes = [
  [
    { name: "build", args: () => ["scripts/build.mjs"] },
    { name: "types", args: () => [getTool("typescript", "tsc"), "-b"] },
    { name: "lint", args: getLintCommand },
  ],
  [
    { name: "format", args: () => [getTool("@biomejs/biome", "biome"), "check", "--config-path=configs", "."] },
    { name: "layers", args: getLayersCommand },
    { name: "knip", args: () => [getTool("knip"), "--config", "configs/knip.jsonc", "--no-progress"] },
    { name: "docs", args: () => ["--conditions=source", "scripts/generate-docs.ts", "--check"] },
  ],
];

/** By itself, at the end: tests start many processes, and want the machine's cores. */
const tests = { name: "tests", args: () => ["scripts/test.mjs"] };

await runScript(async () => {
  const { values } = parseArgs({ options: { "no-tests": { type: "boolean" }, only: { type: "string" } } });
  const isFine = values.only === undefined ? await checkAll(values["no-tests"] !== true) : await checkOne(values.only);
  if (!isFine) process.exitCode = 1;
});

/** @param {boolean} withTests */
async function checkAll(withTests) {
  await setupPackages();
  const isFine = (await Promise.all(lanes.map(runLane))).every(Boolean);
  return withTests ? (await runStep(tests)) && isFine : isFine;
}

/** @param {string} name */
async function checkOne(name) {
  const steps = [...lanes.flat(), tests];
  const step = steps.find((candidate) => candidate.name === name);
  if (step === undefined) {
    throw new SetupError(`There is no step "${name}". The steps are ${steps.map((each) => each.name).join(", ")}.`);
  }
  await (name === "build" ? setupPackages() : setup());
  return runStep(step);
}

/**
 * Runs every step in turn, also after one that failed: one run shows all there is to mend.
 * @param {readonly Step[]} steps
 */
async function runLane(steps) {
  let isFine = true;
  for (const step of steps) isFine = (await runStep(step)) && isFine;
  return isFine;
}

/** @param {Step} step */
async function runStep({ name, args }) {
  const begin = performance.now();
  const { code, output } = await capture(getRuntime(), args(), { ...process.env, PATH });
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const isFine = code === 0;
  process.stdout.write(`${isFine ? "ok  " : "FAIL"}  ${name.padEnd(8)}${seconds.padStart(6)} s\n`);
  const shown = isFine ? getLastLines(output, name === "tests" ? 1 : 0) : getLastLines(output, tailLines);
  if (shown !== "") process.stdout.write(`${shown}\n`);
  return isFine;
}

/** The linter's own configuration can only name files below its folder. Kept bundles of earlier versions are not sources. */
function getLintCommand() {
  const kept = "test/fixtures/compatibility/**";
  return [getTool("oxlint"), "-c", "configs/oxlint.jsonc", "--ignore-pattern", kept, "."];
}

function getLayersCommand() {
  const cruiser = getTool("dependency-cruiser", "depcruise");
  const parser = "./configs/dependency-cruiser-parser.mjs";
  return ["--import", parser, cruiser, "--config", "configs/dependency-cruiser.cjs", "packages"];
}

/**
 * The file behind a package's command: its shell wrapper in node_modules/.bin would ask for the machine's own Node.
 * @param {string} name
 * @param {string} command
 */
function getTool(name, command = name) {
  const folder = join(root, "node_modules", name);
  const { bin } = /** @type {{ bin: string | Record<string, string> }} */ (
    JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  );
  const file = typeof bin === "string" ? bin : bin[command];
  if (file === undefined) throw new SetupError(`The package ${name} has no command ${command}.`);
  return join(folder, file);
}
