import type { Log } from "../../src/log.ts";

export interface RecordingLog extends Log {
  readonly events: readonly string[];
}

/** A log for tests that ask what was logged, or do not care. */
export function createRecordingLog(): RecordingLog {
  const events: string[] = [];
  const record = (event: string): void => void events.push(event);
  return { events, info: record, error: record };
}
