import { toPlainText } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { init } from "../../commands/task/init.ts";

export const run: Action<typeof init> = async (context, { trackTasks }) => {
  const { root, created, kept } = await context.ask("repository.init", {
    context: context.caller,
    ...(trackTasks ? { tracksTasks: true } : {}),
  });
  if (context.globals.json) {
    await context.output.json<"initialized">({ root, created, kept });
    return 0;
  }
  const lines = [
    ...created.map((path) => `made ${path}`),
    ...kept.map((path) => `kept ${path}`),
    `${root} is ready. Write down a task: \`orchastration new <slug>\``,
  ];
  await context.output.note(lines.map(toPlainText).join("\n"));
  return 0;
};
