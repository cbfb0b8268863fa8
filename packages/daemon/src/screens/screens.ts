import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { ActivitySignal } from "../domain/activity.ts";
import type { FollowOrder, ScreenOrder, ScreenReadings, ScreenReport } from "./screen-messages.ts";

/** The screens of all live terminals, emulated in one worker thread, from their journals: nothing on the way of their bytes knows of it. */
export interface Screens {
  /**
   * Begins to watch what a session's program puts out, and to answer its queries as long as nobody controls it. Repeated: only `isControlled` counts.
   */
  follow(order: FollowOrder): void;
  /** What the screen shows next may be what a person typed. */
  noteTyping(session: string): void;
  /** As of all that is in the journal when it is taken. */
  read<W extends keyof ScreenReadings>(session: string, what: W): Promise<ScreenReadings[W]>;
  forget(session: string): void;
  close(): Promise<void>;
}

/** An isolate takes tens of megabytes; terminals that come one after another share one. */
const REST_MS = 10_000;

/** Mebibytes in which an emulator's cells are made: however the daemon was started, a flood leaves no more than that behind. */
const YOUNG_MIB = 6;

export interface ScreensOptions {
  /** What a terminal says to its program. */
  readonly onAnswer: (session: string, text: string, askedBefore: number) => void;
  /** What the output of a session tells about its activity. */
  readonly onSignal: (session: string, signal: ActivitySignal) => void;
  readonly onCrash: (error: Error) => void;
  /** The program of the worker. Default: `screen-worker` beside this file, in the sources as well as in the bundle. */
  readonly workerUrl?: URL;
  /** How long the worker stays after the last terminal. */
  readonly restMs?: number;
}

/** The worker starts with the first terminal and ends with the last one; when it crashes the next request starts another. */
export function createScreens(options: ScreensOptions): Screens {
  const { onAnswer, onSignal, onCrash, workerUrl, restMs = REST_MS } = options;
  const url = workerUrl ?? new URL(`./screen-worker${extname(import.meta.url)}`, import.meta.url);
  const followed = new Map<string, FollowOrder>();
  const waiting = new Map<number, PromiseWithResolvers<ScreenReadings[keyof ScreenReadings]>>();
  let lastId = 0;
  let thread: Worker | undefined;
  let resting: NodeJS.Timeout | undefined;

  function start(): Worker {
    const worker = new Worker(url, { name: "screens", resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB } });
    worker.on("message", take);
    worker.on("error", (error: Error) => {
      if (thread === worker) thread = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      onCrash(error);
    });
    // Last: a listener for messages would hold the process again.
    worker.unref();
    // What came before a crash may have been answered, or have caused it.
    for (const order of followed.values()) send(worker, { kind: "follow", ...order, answersFrom: null });
    return worker;
  }

  function take(report: ScreenReport): void {
    switch (report.kind) {
      case "answer":
        onAnswer(report.session, report.text, report.askedBefore);
        break;
      case "signal":
        onSignal(report.session, report.signal);
        break;
      case "reading":
        settle(report.id)?.resolve(report.reading);
        break;
      case "failed":
        settle(report.id)?.reject(new Error(report.message));
        break;
    }
  }

  function settle(id: number) {
    const found = waiting.get(id);
    waiting.delete(id);
    restLater();
    return found;
  }

  function running(): Worker {
    clearTimeout(resting);
    thread ??= start();
    return thread;
  }

  function restLater(): void {
    clearTimeout(resting);
    if (followed.size === 0) resting = setTimeout(rest, restMs).unref();
  }

  /** Its memory goes back to the system with it: what a flood leaves there is not collected by itself. */
  function rest(): void {
    if (followed.size > 0 || waiting.size > 0) return;
    void thread?.terminate();
    thread = undefined;
  }

  return {
    follow(order) {
      const { session, isControlled, at } = order;
      const known = followed.get(session);
      if (known?.isControlled === isControlled) return;
      const worker = running();
      followed.set(session, order);
      send(worker, known === undefined ? { kind: "follow", ...order } : { kind: "control", session, isControlled, at });
    },
    noteTyping(session) {
      if (thread !== undefined && followed.has(session)) send(thread, { kind: "typed", session });
    },
    read<W extends keyof ScreenReadings>(session: string, what: W) {
      lastId += 1;
      const answer = Promise.withResolvers<ScreenReadings[keyof ScreenReadings]>();
      const worker = running();
      waiting.set(lastId, answer);
      send(worker, { kind: "read", id: lastId, session, what });
      // The worker answers what it was asked.
      return answer.promise as Promise<ScreenReadings[W]>;
    },
    forget(session) {
      if (!followed.delete(session)) return;
      if (thread !== undefined) send(thread, { kind: "forget", session });
      restLater();
    },
    async close() {
      clearTimeout(resting);
      followed.clear();
      await thread?.terminate();
    },
  };
}

function send(worker: Worker, order: ScreenOrder): void {
  worker.postMessage(order);
}
