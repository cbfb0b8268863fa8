import { type Channel, type TaskNews, toNotification } from "./notification.ts";

export interface NotifierDependencies {
  readonly channels: readonly Channel[];
  /** Calls back once after the delay; what it returns cancels that. */
  after(delayMs: number, callback: () => void): () => void;
  /** What happens to a channel stays with it: nothing else waits or fails. */
  onFailure(channel: string, error: unknown): void;
}

/** Tells a person what happened to tasks, many at once as one. */
export interface Notifier {
  notify(news: TaskNews): void;
  /** What was not told yet is dropped. Resolves when nothing is under way. */
  close(): Promise<void>;
}

/** Agents that were started together often end together. */
const gatheringMs = 2_000;

/**
 * News of the same task replaces the one that waits. Each channel tells one notification at a time, and gathers while it
 * does: however much happens, there is one process and one entry per task.
 */
export function createNotifier({ channels, after, onFailure }: NotifierDependencies): Notifier {
  const gatherers = channels.map((channel) =>
    createGatherer(after, (news) =>
      channel.deliver(toNotification(news)).catch((error: unknown) => onFailure(channel.name, error)),
    ),
  );
  return {
    notify(news) {
      for (const gatherer of gatherers) gatherer.add(news);
    },
    async close() {
      await Promise.all(gatherers.map((gatherer) => gatherer.close()));
    },
  };
}

function createGatherer(
  after: NotifierDependencies["after"],
  tell: (news: [TaskNews, ...TaskNews[]]) => Promise<void>,
) {
  const waiting = new Map<string, TaskNews>();
  let telling: Promise<void> = Promise.resolve();
  let cancel: (() => void) | undefined;
  let isClosed = false;

  const gather = () => {
    cancel ??= after(gatheringMs, () => {
      telling = tellAll();
    });
  };

  const tellAll = async () => {
    const [first, ...others] = waiting.values();
    waiting.clear();
    if (first !== undefined) await tell([first, ...others]);
    cancel = undefined;
    if (waiting.size > 0 && !isClosed) gather();
  };

  return {
    add(news: TaskNews) {
      if (isClosed) return;
      const key = `${news.id} ${news.repository}`;
      // The newest last, as they came.
      waiting.delete(key);
      waiting.set(key, news);
      gather();
    },
    async close() {
      isClosed = true;
      waiting.clear();
      cancel?.();
      await telling;
    },
  };
}
