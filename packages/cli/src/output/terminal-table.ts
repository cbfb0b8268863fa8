import Table from "cli-table3";

const NO_LINES = Object.fromEntries(
  ["top", "bottom", "left", "right", "mid"]
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .concat("mid-mid", "left-mid", "right-mid", "middle")
    .map((name) => [name, ""]),
);

/** Columns of their own width, two spaces apart. */
export function renderTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...titles],
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
