import { appendFileSync } from "node:fs";

type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** JSON lines. Names and sizes only: no argument, environment value or output ever gets here. */
export interface Log {
  info(event: string, message: string, fields?: LogFields): void;
  error(event: string, message: string, fields?: LogFields): void;
}

/**
 * Opens the file for each line: a supervisor has next to nothing to say, most end without a line and without a file, and a descriptor held open
 * is one more to keep from children. Lines that cannot be written are dropped, since the sessions matter more.
 */
export function createFileLog(path: string, now: () => number): Log {
  const write = (level: string, event: string, message: string, fields: LogFields = {}): void => {
    const line = JSON.stringify({ timestamp: new Date(now()).toISOString(), level, event, message, ...fields });
    try {
      appendFileSync(path, `${line}\n`, { mode: 0o600 });
    } catch {
      // Nobody is left to tell.
    }
  };
  return {
    info: (event, message, fields) => write("info", event, message, fields),
    error: (event, message, fields) => write("error", event, message, fields),
  };
}
