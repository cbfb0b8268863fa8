/** The keys of a header that the product knows, as they stand in the file and in this order in a new one. */
export const headerKeys = ["title", "base_branch", "status", "labels", "created_at", "agent", "session_id"] as const;

export type HeaderKey = (typeof headerKeys)[number];

/** Those that hold one text. */
export type TextKey = Exclude<HeaderKey, "labels">;

/** What a header says. A key that is absent, empty, or of the wrong type is null; the problems tell which. */
export interface TaskHeader extends Readonly<Record<TextKey, string | null>> {
  readonly labels: readonly string[];
}

export type TaskHeaderChanges = Readonly<Partial<Record<TextKey, string | null>>>;

export function isHeaderKey(name: string): name is HeaderKey {
  return headerKeys.some((key) => key === name);
}

export function isTextKey(key: HeaderKey): key is TextKey {
  return key !== "labels";
}
