import type { TaskNews } from "../../src/notifications/notification.ts";

export function newsOf(parts: Partial<TaskNews>): [TaskNews] {
  const news = {
    kind: "idle",
    repository: "/repo",
    id: 1,
    slug: "fix-login",
    title: "Fix the login",
    session: "run-of-1",
    reason: null,
  } as const;
  return [{ ...news, ...parts }];
}

/** Time that passes when told to. */
export function createTime() {
  let now = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  return {
    after(delayMs: number, callback: () => void) {
      const timer = { at: now + delayMs, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    pass(ms: number) {
      now += ms;
      const due = Array.from(timers).filter(({ at }) => at <= now);
      for (const timer of due) {
        timers.delete(timer);
        timer.callback();
      }
    },
    waiting: () => timers.size,
  };
}
