import type { Channel, Notification } from "./notification.ts";
import type { RunProgram } from "./run-program.ts";

/** `notify.command`: gets title and text as its last two arguments, and the particulars of a single task in its environment. */
export function createCommandChannel(command: readonly [string, ...string[]], run: RunProgram): Channel {
  return {
    name: "command",
    deliver: (notification) =>
      run({
        argv: [...command, notification.title, notification.body],
        env: environmentOf(notification),
        repositories: notification.news.map(({ repository }) => repository),
      }),
  };
}

function environmentOf({ title, body, news }: Notification): Record<string, string> {
  const [first] = news;
  const kinds = [...new Set(news.map(({ kind }) => kind))].join(" ");
  const shared = {
    ORCHASTRATION_NOTIFY_TITLE: title,
    ORCHASTRATION_NOTIFY_BODY: body,
    ORCHASTRATION_NOTIFY_ON: kinds,
    ORCHASTRATION_NOTIFY_COUNT: String(news.length),
  };
  if (first === undefined || news.length > 1) return shared;
  return {
    ...shared,
    ORCHASTRATION_TASK_ID: String(first.id),
    ORCHASTRATION_TASK_SLUG: first.slug,
    ORCHASTRATION_TASK_TITLE: first.title.replaceAll("\0", ""),
    ORCHASTRATION_PROJECT_ROOT: first.repository,
  };
}
