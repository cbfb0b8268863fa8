import { toPlainText } from "@orchastration/protocol";
import type { Context } from "../context.ts";
import { colorsFor } from "./colors.ts";

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
}

/** A table for a person on a terminal, tab-separated lines without a header for a program. */
export async function printTable<Row>(
  context: Pick<Context, "stdout" | "colorWishes" | "output">,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  const cells = rows.map((row) => columns.map(({ value }) => toPlainText(value(row))));
  if (!context.stdout.isTTY) {
    if (cells.length > 0) await context.output.print(cells.map((row) => row.join("\t")).join("\n"));
    return;
  }
  const { renderTable } = await import("./terminal-table.ts");
  const { bold } = colorsFor(context.stdout, context.colorWishes);
  await context.output.print(
    renderTable(
      columns.map(({ title }) => bold(title)),
      cells,
    ),
  );
}
