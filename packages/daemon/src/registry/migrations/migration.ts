/** One step of the registry's schema. A released one is never changed: files that took it exist. */
export interface Migration {
  /** Counts from 1 without a gap; also the number in the file's name. */
  readonly version: number;
  readonly sql: string;
}
