import { parseArgs } from "node:util";
import { areas } from "./bench/areas/index.ts";
import { describeMachine, installPeers, makePlace } from "./bench/machine.ts";
import { compare, type Row } from "./bench/measure.ts";
import { readPrevious, tableOf, writeReport } from "./bench/report.ts";

/** At least seven, so that disturbed ones do not move the median. */
const ROUNDS = 7;
const QUICK_ROUNDS = 3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, write: { type: "boolean", default: false } },
});
const names = Object.keys(areas);
const wanted = positionals.length === 0 || positionals.includes("all") ? names : positionals;
const unknown = wanted.filter((name) => !(name in areas));
if (unknown.length > 0) {
  console.error(`There is no area ${unknown.join(", ")}. There are ${names.join(", ")}, and all of them: all.`);
  process.exit(2);
}

installPeers();
const began = performance.now();
const rows: Row[] = [];
for (const name of wanted) {
  for (const prepare of areas[name] ?? []) {
    await using place = makePlace(values.quick);
    for (const contest of await prepare(place)) {
      const begin = performance.now();
      rows.push(...(await compare(contest, values.quick ? QUICK_ROUNDS : ROUNDS)));
      const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
      process.stderr.write(`${name}: ${contest.figures.map(({ measure }) => measure).join("; ")} (${seconds} s)\n`);
    }
  }
}
process.stderr.write(`${((performance.now() - began) / 60_000).toFixed(1)} minutes\n`);
console.log(tableOf(rows, readPrevious()));
if (values.write) writeReport({ machine: describeMachine(), isQuick: values.quick, rows });
// Clients and terminals of the benchmark are of no further use.
process.exit(0);
