import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { toPlainText } from "@orchastration/protocol";
import winston from "winston";
import { type LineSink, sparingSink } from "./line-sink.ts";
import { openLogFile } from "./log-file.ts";

/** The only file that imports winston. */
const LEVELS = { error: 0, warn: 1, info: 2, debug: 3, trace: 4 } as const;

export type Severity = keyof typeof LEVELS;
export type LogLevel = "off" | Severity;

/** What a line is about, in the order in which it is written. Values of environments and secrets never are. */
export interface LogFields {
  readonly task?: string;
  readonly slug?: string;
  readonly run?: string;
  readonly session?: string;
  readonly repository?: string;
  readonly [detail: string]: string | number | boolean | null | undefined;
}

/** `event` is a name of ours (`noun.verbed`), `message` a sentence for people; control characters are taken out of it. */
type Say = (event: string, message: string, fields?: LogFields) => void;

export interface Log extends Readonly<Record<Severity, Say>> {
  setLevel(level: LogLevel): void;
  /** Resolves when every line has been handed to the system. What is said later goes nowhere. */
  close(): Promise<void>;
}

export interface LogOptions {
  readonly file: string;
  readonly level: LogLevel;
  /** Takes every line as well; its own failures are its own affair. */
  readonly console?: LineSink | undefined;
  readonly now?: () => Date;
  /** Size at which the file is put aside, and how many of those are kept. */
  readonly maxBytes?: number;
  readonly kept?: number;
}

const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;
const DEFAULT_KEPT = 5;

/** JSON lines in a file that rotates. winston's own file transport loses lines when it rotates, and at exit. */
export function createLog(options: LogOptions): Log {
  const { now = () => new Date(), maxBytes = DEFAULT_MAX_BYTES, kept = DEFAULT_KEPT } = options;
  const file = openLogFile({ path: options.file, maxBytes, kept });

  const lineOf = (level: Severity, event: string, message: string, fields: LogFields = {}): string =>
    JSON.stringify({
      timestamp: now().toISOString(),
      level,
      event,
      message: toPlainText(message),
      ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value)])),
    });
  const toFile = sparingSink(file.append, (lines, reason) =>
    lineOf("warn", "log.interrupted", `${lines} lines before this one could not be written: ${reason}`),
  );

  const streams = [streamTo(toFile), ...(options.console === undefined ? [] : [streamTo(options.console)])];
  const logger = winston.createLogger({
    levels: LEVELS,
    format: winston.format.printf(({ message }) => String(message)),
    transports: streams.map((stream) => new winston.transports.Stream({ stream, eol: "" })),
  });

  let ending: Promise<void> | undefined;

  const say =
    (level: Severity): Say =>
    (event, message, fields) => {
      if (ending === undefined && !logger.silent && logger.isLevelEnabled(level)) {
        logger.log(level, lineOf(level, event, message, fields));
      }
    };

  function setLevel(level: LogLevel): void {
    logger.silent = level === "off";
    if (level !== "off") logger.level = level;
  }

  async function end(): Promise<void> {
    // Ending the logger ends its transports before what waits between them has gone through.
    while (logger.writableLength + logger.readableLength > 0) await nextTurn();
    const finished = new Promise((resolve) => logger.once("finish", resolve));
    logger.end();
    await finished;
    file.close();
  }

  setLevel(options.level);
  return {
    error: say("error"),
    warn: say("warn"),
    info: say("info"),
    debug: say("debug"),
    trace: say("trace"),
    setLevel,
    close() {
      ending ??= end();
      return ending;
    },
  };
}

function plain(value: LogFields[string]): LogFields[string] {
  return typeof value === "string" ? toPlainText(value) : value;
}

function streamTo(sink: LineSink): Writable {
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      sink(line);
      done();
    },
  });
}
