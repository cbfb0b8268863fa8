import type { Row } from "./measure.ts";

const LABEL = 380;
const WIDTH = 340;
const LINE = 26;
const TOP = 44;

/** How far each measure is from what it must be, 1 being just there: left of the line is better. On a logarithmic scale from an eighth to eight. */
export function plotOf(rows: readonly Row[]): string {
  const shown = rows.flatMap((row) => {
    const share = shareOfLimit(row);
    return share === null ? [] : [{ row, share }];
  });
  const height = TOP + LINE * shown.length + 16;
  const x = (share: number): number => LABEL + (WIDTH * (Math.log2(Math.min(8, Math.max(1 / 8, share))) + 3)) / 6;
  const marks = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8].map((share) => {
    const label = share < 1 ? `1/${1 / share}` : String(share);
    return `<line class="${share === 1 ? "limit" : "grid"}" x1="${x(share)}" x2="${x(share)}" y1="${TOP - 8}" y2="${height - 12}"/>
<text class="small" text-anchor="middle" x="${x(share)}" y="${TOP - 14}">${label}</text>`;
  });
  const bars = shown.map(({ row, share }, index) => {
    const y = TOP + LINE * index;
    const [from, to] = [Math.min(x(1), x(share)), Math.max(x(1), x(share))];
    const value = row.ratio === null ? `${row.ours.toFixed(1)} ${row.unit}` : row.ratio.toFixed(2);
    return `<text text-anchor="end" x="${LABEL - 12}" y="${y + 14}">${escape(row.measure)}</text>
<rect class="${row.verdict}" x="${from.toFixed(1)}" y="${y + 2}" width="${Math.max(2, to - from).toFixed(1)}" height="16" rx="2"/>
<text class="small" x="${LABEL + WIDTH + 12}" y="${y + 14}">${escape(value)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LABEL + WIDTH + 90}" height="${height}" viewBox="0 0 ${LABEL + WIDTH + 90} ${height}" role="img">
<title>Share of what each measure must be: left of 1 is better</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f; } .small { font-size: 11px; }
.grid { stroke: #d0d7de; } .limit { stroke: #57606a; stroke-width: 1.5; }
.goal { fill: #2da44e; } .must { fill: #4c8ed9; } .behind { fill: #cf4a3f; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .grid { stroke: #30363d; } .limit { stroke: #9aa4af; } }
</style>
<text class="small" x="12" y="16">share of what it must be: left of 1 is better. Green: the goal, blue: what it must be, red: behind</text>
${[...marks, ...bars].join("\n")}
</svg>
`;
}

/** Null where nothing is promised or measured. */
function shareOfLimit({ better, must, ratio, ours, referenceName }: Row): number | null {
  const value = ratio ?? (referenceName === null ? ours : null);
  if (must === null || value === null || !Number.isFinite(value) || value <= 0)
    return must !== null && value === 0 ? 1 / 8 : null;
  return better === "less" ? value / must : must / value;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
