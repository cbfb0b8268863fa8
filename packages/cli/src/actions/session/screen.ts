import type { Action } from "../../command.ts";
import type { sessionScreen } from "../../commands/session/screen.ts";

export const run: Action<typeof sessionScreen> = async (context, { run }) => {
  const { cols, rows, lines, cursor, title, isAlternate } = await context.ask("session.screen", {
    context: context.caller,
    session: run,
  });
  if (context.globals.json) {
    const { column, row, isVisible } = cursor;
    await context.output.json<"screen">({
      cols,
      rows,
      lines,
      cursor: { column, row, is_visible: isVisible },
      title,
      is_alternate: isAlternate,
    });
    return 0;
  }
  await context.output.print(lines.slice(0, lines.findLastIndex((line) => line !== "") + 1).join("\n"));
  return 0;
};
