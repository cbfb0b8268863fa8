import { inspect } from "node:util";
import { monotonicMs } from "@orchastration/protocol/node";
import type { LiveSession } from "@orchastration/protocol/supervisor";
import type { IdleTerms } from "./domain/idleness.ts";
import type { Log } from "./logging/log.ts";
import { processorTimeOn } from "./processes/processor-time.ts";
import { createScreens, type Screens } from "./screens/screens.ts";
import { type ActivityService, createActivityService } from "./services/activity.ts";
import type { SessionDirectories } from "./services/session-directories.ts";
import { unheld } from "./timers.ts";

export interface TerminalsDependencies {
  readonly now: () => Date;
  /** Of this daemon. */
  readonly startedAt: Date;
  readonly log: Log;
  readonly idleTerms: () => IdleTerms;
  readonly sessionDirectories: Pick<SessionDirectories, "pathOf">;
  /** Gives a program what its terminal says. */
  readonly answer: (session: string, data: string, askedBefore: number) => Promise<unknown>;
}

/** Everything the daemon knows of live terminals beside their bytes: what they show, and what goes on in them. */
export interface Terminals {
  readonly screens: Screens;
  readonly activity: ActivityService;
  /** A terminal is live, or its attachments changed. */
  follow(session: LiveSession): void;
  noteTyping(session: string): void;
  forget(session: string): void;
  close(): Promise<void>;
}

export function followTerminals(deps: TerminalsDependencies): Terminals {
  const { now, startedAt, log, idleTerms, sessionDirectories, answer } = deps;
  const screens = createScreens({
    onAnswer: (session, text, askedBefore) => {
      answer(session, Buffer.from(text).toString("base64"), askedBefore).catch((error: unknown) => {
        log.debug("answer.unwritten", String(error), { session });
      });
    },
    onSignal: (session, signal) => activity.take(session, signal),
    onCrash: (error) => log.error("screens.crashed", inspect(error)),
  });
  const activity = createActivityService({
    terms: idleTerms,
    now,
    monotonicMs,
    after: unheld,
    readProcessorTime: processorTimeOn(process.platform),
  });
  return {
    screens,
    activity,
    follow({ session, process: leader, startedAt: at, terminal }) {
      activity.begin(session, leader);
      screens.follow({
        session,
        directory: sessionDirectories.pathOf(session),
        isControlled: terminal !== null && terminal.controller !== null,
        at: terminal?.offset ?? 0,
        // What was asked before this daemon began has been answered by the one before, or was asked in vain.
        answersFrom: Date.parse(at) >= startedAt.getTime() ? 0 : null,
      });
    },
    noteTyping(session) {
      screens.noteTyping(session);
      activity.take(session, { type: "typed" });
    },
    forget(session) {
      screens.forget(session);
      activity.end(session);
    },
    async close() {
      activity.close();
      await screens.close();
    },
  };
}
