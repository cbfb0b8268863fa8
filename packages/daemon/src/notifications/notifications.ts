import { createCommandChannel } from "./command-channel.ts";
import { findDesktopChannel } from "./desktop.ts";
import type { Channel, NewsKind, Notification, TaskNews } from "./notification.ts";
import { createNotifier, type Notifier } from "./notifier.ts";
import { createRunProgram } from "./run-program.ts";

/** `[notify]` of the configuration that holds for the task. */
export interface NotifySettings {
  readonly on: readonly NewsKind[];
  /** Tells it instead of desktop and terminals. */
  readonly command: readonly [string, ...string[]] | null;
}

export interface NotificationsDependencies {
  /** The daemon's own: it knows the desktop. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  after(delayMs: number, callback: () => void): () => void;
  /** The daemon has no terminal: attached clients write it to theirs. */
  tellTerminals(notification: Notification): void;
  onFailure(channel: string, error: unknown): void;
}

export interface Notifications {
  /** Does nothing unless the settings ask for this kind of news. */
  notify(news: TaskNews, settings: NotifySettings): void;
  /** Ends what runs; what was not told yet is dropped. */
  close(): Promise<void>;
}

export function createNotifications(dependencies: NotificationsDependencies): Notifications {
  const { after, onFailure } = dependencies;
  const closing = new AbortController();
  const run = createRunProgram({ env: dependencies.env, after, signal: closing.signal });
  const desktop = findDesktopChannel(dependencies, run);
  const terminals: Channel = {
    name: "terminals",
    deliver: async (notification) => dependencies.tellTerminals(notification),
  };
  // By command: repositories and configuration files may have different ones.
  const notifiers = new Map<string, Notifier>();

  return {
    notify(news, { on, command }) {
      if (closing.signal.aborted || !on.includes(news.kind)) return;
      const key = JSON.stringify(command);
      let notifier = notifiers.get(key);
      if (notifier === undefined) {
        const ownChannels = desktop === undefined ? [terminals] : [terminals, desktop];
        const channels = command === null ? ownChannels : [createCommandChannel(command, run)];
        notifier = createNotifier({ channels, after, onFailure });
        notifiers.set(key, notifier);
      }
      notifier.notify(news);
    },
    async close() {
      closing.abort();
      await Promise.all([...notifiers.values()].map((notifier) => notifier.close()));
    },
  };
}
