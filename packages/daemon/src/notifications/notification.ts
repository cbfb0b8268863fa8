import { toPlainText } from "@orchastration/protocol";

/** What a person can be told about; the words of `notify.on`. */
export type NewsKind = "idle" | "completed" | "failed";

/** Something happened to a task while nobody may have been looking. */
export interface TaskNews {
  readonly kind: NewsKind;
  /** Canonical path of the repository. */
  readonly repository: string;
  readonly id: number;
  readonly slug: string;
  readonly title: string;
  /** Of its agent; null when it has none. */
  readonly session: string | null;
  /** Such as `asks for permission`; null: the kind says it all. */
  readonly reason: string | null;
}

/** What is shown. Both texts are one line without characters that act; neither begins with a dash. */
export interface Notification {
  readonly title: string;
  readonly body: string;
  /** One of each task, at least one, in the order in which they came. */
  readonly news: readonly TaskNews[];
}

/** Where a notification goes. A rejection says why it did not arrive. */
export interface Channel {
  readonly name: string;
  deliver(notification: Notification): Promise<void>;
}

const kinds: readonly NewsKind[] = ["failed", "completed", "idle"];
/** Desktops show a few lines; what is longer is cut by them anywhere. */
const mostNamed = 5;
const mostLineCharacters = 160;

/** One notification of all that happened: `3 tasks idle, 1 failed`. */
export function toNotification(news: readonly [TaskNews, ...TaskNews[]]): Notification {
  const [first] = news;
  const title = news.length === 1 ? `${first.slug} ${verb(first.kind)}` : countKinds(news);
  const named = news.slice(0, mostNamed).map(describe);
  const rest = news.length - named.length;
  const body = [...named, ...(rest > 0 ? [`and ${rest} more`] : [])].join(" · ");
  return { title: line(title), body, news };
}

function verb(kind: NewsKind): string {
  return kind === "completed" ? "is completed" : kind === "failed" ? "has failed" : "is idle";
}

function countKinds(news: readonly TaskNews[]): string {
  const counts = kinds.flatMap((kind) => {
    const count = news.filter((item) => item.kind === kind).length;
    return count === 0 ? [] : [{ kind, count }];
  });
  const [first, ...others] = counts.map(({ kind, count }, index) =>
    index > 0 ? `${count} ${kind}` : `${count} ${count === 1 ? "task" : "tasks"} ${kind}`,
  );
  return [first, ...others].join(", ");
}

function describe({ id, slug, title, reason }: TaskNews): string {
  const text = [`${id}-${slug}`, ...(title === "" ? [] : [title])].join(": ");
  return line(reason === null ? text : `${text} (${reason})`);
}

function line(text: string): string {
  const plain = toPlainText(text);
  if (plain.length <= mostLineCharacters) return plain;
  // Not between the two halves of a character.
  return `${plain.slice(0, mostLineCharacters - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
