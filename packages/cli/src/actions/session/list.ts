import type { Session } from "@orchastration/protocol/contract";
import type { Action } from "../../command.ts";
import type { sessionList } from "../../commands/session/list.ts";
import { formatArgv, formatTime } from "../../output/format.ts";

export const run: Action<typeof sessionList> = async (context) => {
  const { sessions } = await context.ask("session.list", {});
  if (context.globals.json) {
    await context.output.json<"sessionList">({
      sessions: sessions.map(({ id, name, repository, argv, pid, startedAt, terminal, activity }) => ({
        run_id: id,
        job_name: name,
        repository,
        argv,
        pid,
        start_time: startedAt,
        terminal,
        activity,
      })),
    });
    return 0;
  }
  if (sessions.length === 0) {
    await context.output.note("Nothing runs.");
    return 0;
  }
  const { printTable } = await import("../../output/table.ts");
  await printTable(context, columns, sessions);
  return 0;
};

const columns = [
  { title: "RUN", value: ({ id }: Session) => id },
  { title: "JOB", value: ({ name }: Session) => name },
  {
    title: "TERMINAL",
    value: ({ terminal }: Session) => (terminal === null ? "-" : `${terminal.cols}x${terminal.rows}`),
  },
  { title: "ATTACHED", value: ({ terminal }: Session) => String(terminal?.attachments.length ?? "-") },
  { title: "PID", value: ({ pid }: Session) => String(pid) },
  { title: "ACTIVITY", value: ({ activity }: Session) => (activity === null ? "-" : formatActivity(activity)) },
  { title: "STARTED", value: ({ startedAt }: Session) => formatTime(startedAt) },
  { title: "COMMAND", value: ({ argv }: Session) => formatArgv(argv) },
];

function formatActivity({ state, kind, reason }: NonNullable<Session["activity"]>): string {
  return `${kind === null ? state : `${state} (${kind})`} · ${reason}`;
}
