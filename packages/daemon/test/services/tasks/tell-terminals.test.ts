import type { LiveSession } from "@orchastration/protocol/supervisor";
import { expect, test } from "vitest";
import { type TaskNews, toNotification } from "../../../src/notifications/notification.ts";
import { createLiveRuns } from "../../../src/services/live-runs.ts";
import { createTellTerminals, type TellTerminalsDependencies } from "../../../src/services/tasks/tell-terminals.ts";
import { newsOf } from "../../notifications/settings.ts";

type Pool = TellTerminalsDependencies["pool"];

/** Live sessions with so many attachments; null: with pipes. */
function arrange(attachments: Readonly<Record<string, number | null>>, answer: () => Promise<object>) {
  const liveRuns = createLiveRuns();
  for (const id of Object.keys(attachments)) liveRuns.add({ id, group: null, priority: 0 }, { name: "live" });
  const told: unknown[] = [];
  const failures: string[] = [];
  const log = { debug: (_: string, message: string) => failures.push(message) };
  const pool = {
    findLive: (id: string) => ({ session: { terminal: terminalOf(attachments[id] ?? null) } as LiveSession }),
    ask: (...asked: unknown[]) => {
      told.push(asked);
      return answer();
    },
  } as unknown as Pool;
  const tell = createTellTerminals({ liveRuns, pool, log: log as unknown as TellTerminalsDependencies["log"] });
  return { told, failures, tell: (...news: [TaskNews, ...TaskNews[]]) => tell(toNotification(news)) };
}

function terminalOf(count: number | null): LiveSession["terminal"] {
  if (count === null) return null;
  const attachments = Array.from({ length: count }, (_, n) => ({ id: `a${n}`, mode: "control" as const }));
  return { cols: 80, rows: 24, offset: 0, controller: null, attachments };
}

const [waits] = newsOf({ id: 1, slug: "waits", title: "", session: "first" });
const [done] = newsOf({ id: 2, slug: "done", title: "", session: "second", kind: "completed" });

test("sessions that somebody is attached to are told, one that nobody sees and one with pipes are not", () => {
  const { tell, told } = arrange({ first: 0, second: 2, third: null, fourth: 1 }, () => Promise.resolve({}));
  tell(waits);
  const texts = { title: "waits is idle", body: "1-waits" };
  expect(told).toEqual([
    ["session.tell", { session: "second", ...texts }],
    ["session.tell", { session: "fourth", ...texts }],
  ]);
});

test("a terminal is not told that the task it shows waits, and is told that it is completed", () => {
  const { tell, told } = arrange({ first: 1, second: 1 }, () => Promise.resolve({}));
  tell(waits);
  tell(waits, done);
  expect(told).toEqual([
    ["session.tell", { session: "second", title: "waits is idle", body: "1-waits" }],
    ["session.tell", { session: "first", title: "done is completed", body: "2-done" }],
    ["session.tell", { session: "second", title: "1 task completed, 1 idle", body: "1-waits · 2-done" }],
  ]);
});

test("a supervisor that does not know how keeps nobody else from being told", async () => {
  const { tell, told, failures } = arrange({ second: 1, third: 1 }, () => Promise.reject(new Error("no such method")));
  tell(waits);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toHaveLength(2);
  expect(failures).toEqual(["terminals: Error: no such method", "terminals: Error: no such method"]);
});
