import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Row } from "./measure.ts";
import { plotOf } from "./plot.ts";

const docs = fileURLToPath(new URL("../../docs", import.meta.url));
const results = `${docs}/benchmarks/results.json`;

export interface Report {
  readonly machine: Readonly<Record<string, string>>;
  readonly isQuick: boolean;
  readonly rows: readonly Row[];
}

export function readPrevious(): readonly Row[] {
  return existsSync(results) ? (JSON.parse(readFileSync(results, "utf8")) as Report).rows : [];
}

/** Our figure is bold where it is short of what is promised. `before`: the ratio, or the figure, of the run that is in results.json. */
export function tableOf(rows: readonly Row[], previous: readonly Row[]): string {
  const head = ["measure", "ours", "reference", "ratio", "must", "goal", "before", "verdict"];
  const lines = rows.map((row) => {
    const before = previous.find(({ area, measure }) => area === row.area && measure === row.measure);
    const reference =
      row.reference === null ? (row.referenceName ?? "-") : `${row.referenceName} ${amount(row, row.reference)}`;
    return [
      row.measure,
      amount(row, row.ours),
      reference,
      row.ratio === null ? "-" : row.ratio.toFixed(2),
      limit(row, row.must),
      limit(row, row.goal),
      before === undefined ? "-" : (before.ratio ?? before.ours).toFixed(2),
      row.verdict === "behind" ? "**behind**" : row.verdict,
    ];
  });
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function amount({ unit }: Row, value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number.isFinite(value) ? value.toFixed(digits) : "-"} ${unit}`;
}

function limit({ better, ratio, unit }: Row, value: number | null): string {
  if (value === null) return "-";
  return `${better === "less" ? "≤" : "≥"} ${value}${ratio === null ? ` ${unit}` : ""}`;
}

/** Areas that were not measured this time keep what was found last. */
export function writeReport(report: Report): void {
  const previous = readPrevious();
  const measured = new Set(report.rows.map(({ area }) => area));
  const rows = [...report.rows, ...previous.filter(({ area }) => !measured.has(area))];
  const areas = [...new Set(rows.map(({ area }) => area))];
  mkdirSync(`${docs}/benchmarks`, { recursive: true });
  for (const area of areas) {
    writeFileSync(`${docs}/benchmarks/${area}.svg`, plotOf(rows.filter((row) => row.area === area)));
  }
  writeFileSync(`${docs}/benchmarks.md`, pageOf({ ...report, rows }, areas, previous));
  writeFileSync(results, `${JSON.stringify({ ...report, rows }, null, 2)}\n`);
}

function pageOf({ machine, isQuick, rows }: Report, areas: readonly string[], previous: readonly Row[]): string {
  const sections = areas.map((area) => {
    const own = rows.filter((row) => row.area === area);
    return `## ${area}\n\n![Ratios of the area ${area}](benchmarks/${area}.svg)\n\n${tableOf(own, previous)}\n`;
  });
  const facts = Object.entries(machine).map(([name, value]) => `| ${name} | ${value} |`);
  return `# Benchmarks

Every figure is the median of alternating rounds (ours, the reference's, ours, ...) after one that warms up. What is promised is the ratio; the absolute figures are those of one machine and promise nothing.

    npm run bench -- all --write      # measures everything, and writes this page, its plots and benchmarks/results.json
    npm run bench -- terminals        # measures one area, and prints it beside the figures kept here
    npm run bench -- all --quick      # fewer rounds of less work
${isQuick ? "\nThis page comes from a quick run: its figures are rough.\n" : ""}
*must* is the line below which the work is not done, *goal* what we aim at. A figure without a reference is compared with a fixed limit. "more" is better where the limit says ≥.

| machine | |
|---|---|
${facts.join("\n")}

${sections.join("\n")}`;
}
