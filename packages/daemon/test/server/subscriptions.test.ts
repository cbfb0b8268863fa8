import { type EventNotification, eventNotification, gapNotification } from "@orchastration/protocol/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EventSink, QUEUE_LIMIT_BYTES } from "../../src/server/event-queue.ts";
import {
  createEventPublisher,
  type EventPublisher,
  MAX_SUBSCRIPTIONS,
  type Subscriptions,
} from "../../src/server/subscriptions.ts";
import { createToyLog, type ToyLog } from "./toy-log.ts";

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** What is sent to one connection. */
interface Reader {
  readonly sink: EventSink;
  readonly events: EventNotification[];
  /** In the order of sending: the seq of an event, or the ends of a gap. */
  readonly received: (number | [number, number])[];
  /** Every seq a subscription was told of, in an event or in a gap. */
  seqsOf(subscriptionId: string): number[];
  /** Takes what was sent so far; until then it fills the queue. */
  take(): void;
}

function createReader(answerBytes = 0): Reader {
  const events: EventNotification[] = [];
  const received: Reader["received"] = [];
  const told: { readonly subscriptionId: string; readonly seqs: number[] }[] = [];
  const drainListeners: (() => void)[] = [];
  let bufferedBytes = answerBytes;

  return {
    events,
    received,
    sink: {
      notify(method, params) {
        bufferedBytes += JSON.stringify(params).length;
        if (method === "event") {
          const event = eventNotification.parse(params);
          events.push(event);
          received.push(event.seq);
          told.push({ subscriptionId: event.subscriptionId, seqs: [event.seq] });
        } else {
          const { subscriptionId, from, to } = gapNotification.parse(params);
          received.push([from, to]);
          told.push({ subscriptionId, seqs: range(from, to) });
        }
      },
      get bufferedBytes() {
        return bufferedBytes;
      },
      onDrain: (listener) => void drainListeners.push(listener),
    },
    seqsOf: (id) => told.filter(({ subscriptionId }) => subscriptionId === id).flatMap(({ seqs }) => seqs),
    take() {
      if (bufferedBytes === 0) return;
      bufferedBytes = 0;
      for (const listener of drainListeners) listener();
    },
  };
}

interface Turns {
  readonly later: (task: () => void) => void;
  /** Runs what was put off so far; false when that was nothing. */
  run(): boolean;
  runAll(): void;
}

function createTurns(): Turns {
  const tasks: (() => void)[] = [];
  const turns: Turns = {
    later: (task) => void tasks.push(task),
    run() {
      const due = tasks.splice(0);
      for (const task of due) task();
      return due.length > 0;
    },
    runAll() {
      while (turns.run());
    },
  };
  return turns;
}

interface Setting {
  readonly log: ToyLog;
  readonly turns: Turns;
  readonly reader: Reader;
  readonly publisher: EventPublisher;
  readonly subscriptions: Subscriptions;
}

function setUp(reader = createReader()): Setting {
  const log = createToyLog();
  const turns = createTurns();
  const publisher = createEventPublisher(log, turns.later);
  return { log, turns, reader, publisher, subscriptions: publisher.connect(reader.sink) };
}

/** In one commit. */
const commitMany = (log: ToyLog, count: number): void => log.commit(...Array.from({ length: count }, () => ({})));

/** Four of them fill a queue. */
const big = { payload: { text: "x".repeat(QUEUE_LIMIT_BYTES / 4) } };

describe("a subscription", () => {
  test("without since gets what is committed after it", () => {
    const { log, turns, reader, subscriptions } = setUp();
    log.commit({}, {});
    expect(subscriptions.subscribe({})).toEqual({ subscriptionId: "s1", headSeq: 2 });
    log.commit({ name: "run.queued", entity: "run:a", payload: { run: "a" } });
    turns.runAll();
    expect(reader.events).toEqual([
      {
        subscriptionId: "s1",
        seq: 3,
        name: "run.queued",
        at: "2026-11-01T09:15:00.000Z",
        actor: { kind: "daemon", name: "orchastration" },
        entity: "run:a",
        payload: { run: "a" },
      },
    ]);
  });

  test("with since gets what follows it in the log, and then what is committed", () => {
    const { log, turns, reader, subscriptions } = setUp();
    for (let count = 0; count < 350; count++) log.commit({});
    expect(subscriptions.subscribe({ since: 10 })).toMatchObject({ headSeq: 350 });
    turns.run();
    log.commit({});
    turns.runAll();
    log.commit({});
    turns.runAll();
    expect(reader.received).toEqual(range(11, 352));
  });

  test("gets nothing before its own answer could be written, and nothing in the turn of a commit", () => {
    const { log, turns, reader, subscriptions } = setUp();
    log.commit({});
    subscriptions.subscribe({ since: 0 });
    expect(reader.received).toEqual([]);
    turns.runAll();
    log.commit({});
    expect(reader.received).toEqual([1]);
  });

  test("reads a long log in turns, between which others have theirs", () => {
    const { log, turns, reader, subscriptions } = setUp();
    commitMany(log, 1_000);
    subscriptions.subscribe({ since: 0 });
    const sent: number[] = [];
    while (turns.run()) sent.push(reader.received.length);
    expect(Math.max(...sent.map((count, index) => count - (sent[index - 1] ?? 0)))).toBeLessThanOrEqual(100);
    expect(reader.received).toEqual(range(1, 1_000));
  });

  test("gets only the events its filter lets through", () => {
    const { log, turns, reader, subscriptions } = setUp();
    log.commit({ name: "run.queued" }, { name: "daemon.stopped" });
    subscriptions.subscribe({ since: 0, filter: { names: ["run.*"] } });
    turns.runAll();
    log.commit({ name: "daemon.started" }, { name: "run.lost" });
    turns.runAll();
    expect(reader.received).toEqual([1, 4]);
  });

  test("cannot begin beyond the head or before the first event", () => {
    const { log, subscriptions } = setUp();
    log.commit({}, {});
    for (const since of [3, -1]) {
      expect(() => subscriptions.subscribe({ since })).toThrow(
        expect.objectContaining({ kind: "InvalidSeq", details: { headSeq: 2 } }),
      );
    }
    subscriptions.subscribe({ since: 2 });
  });

  test("that was ended gets nothing more, neither from the log nor live", () => {
    const { log, turns, reader, subscriptions } = setUp();
    commitMany(log, 300);
    const { subscriptionId } = subscriptions.subscribe({ since: 0 });
    turns.run();
    subscriptions.unsubscribe(subscriptionId);
    log.commit({});
    turns.runAll();
    expect(reader.received).toEqual(range(1, 100));
    expect(() => subscriptions.unsubscribe(subscriptionId)).toThrow(
      expect.objectContaining({ kind: "SubscriptionNotFound" }),
    );
  });

  test("beyond the thousandth of a connection is refused until one is ended", () => {
    const { subscriptions } = setUp();
    for (let count = 0; count < MAX_SUBSCRIPTIONS; count++) subscriptions.subscribe({});
    expect(() => subscriptions.subscribe({})).toThrow(expect.objectContaining({ kind: "LimitExceeded" }));
    subscriptions.unsubscribe("s1");
    expect(subscriptions.subscribe({}).subscriptionId).toBe("s1001");
  });
});

describe("a reader that takes nothing", () => {
  test("gets one gap once it does, over what found no room, and then what is committed", () => {
    const { log, turns, reader, subscriptions } = setUp();
    subscriptions.subscribe({});
    turns.runAll();
    for (let count = 0; count < 10; count++) log.commit(big);
    turns.runAll();
    expect(reader.received).toEqual([1, 2, 3, 4]);
    reader.take();
    log.commit({});
    turns.runAll();
    reader.take();
    expect(reader.received).toEqual([1, 2, 3, 4, [5, 10], 11]);
  });

  test("misses no event its filter would not have let through", () => {
    const { log, turns, reader, subscriptions } = setUp();
    subscriptions.subscribe({ filter: { names: ["run.*"] } });
    turns.runAll();
    const wanted = { ...big, name: "run.queued" };
    log.commit(wanted, wanted, wanted, wanted, {}, wanted, {}, wanted, {});
    turns.runAll();
    reader.take();
    expect(reader.received).toEqual([1, 2, 3, 4, [6, 8]]);
  });

  test("reads from the log at its own pace, without a gap", () => {
    const { log, turns, reader, subscriptions } = setUp();
    for (let count = 0; count < 50; count++) log.commit(big);
    subscriptions.subscribe({ since: 0 });
    turns.runAll();
    expect(reader.sink.bufferedBytes).toBeLessThan(QUEUE_LIMIT_BYTES);
    for (let count = 0; count < 50; count++) {
      reader.take();
      turns.runAll();
    }
    expect(reader.received).toEqual(range(1, 50));
  });

  test("fills neither another's queue nor, by reading from the log, that of its own other subscription", () => {
    const { log, turns, reader, publisher, subscriptions } = setUp();
    const other = createReader();
    for (let count = 0; count < 20; count++) log.commit(big);
    publisher.connect(other.sink).subscribe({});
    subscriptions.subscribe({});
    subscriptions.subscribe({ since: 0 });
    turns.runAll();
    log.commit({});
    turns.runAll();
    expect(reader.events.at(-1)).toMatchObject({ subscriptionId: "s1", seq: 21 });
    expect(other.received).toEqual([21]);
  });

  test("yet, of a long answer in front of the events, is not slow", () => {
    const { log, turns, reader, subscriptions } = setUp(createReader(10 * QUEUE_LIMIT_BYTES));
    subscriptions.subscribe({});
    turns.runAll();
    log.commit({}, {});
    turns.runAll();
    expect(reader.received).toEqual([1, 2]);
  });
});

test("no event is missing and none comes twice, whatever is committed, taken and put off in whatever order", () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant("commit" as const), count: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.constant({ type: "commit" as const, count: 150 }) },
    { weight: 2, arbitrary: fc.constant({ type: "commitBig" as const }) },
    { weight: 3, arbitrary: fc.constant({ type: "turn" as const }) },
    { weight: 2, arbitrary: fc.constant({ type: "take" as const }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("subscribe" as const), back: fc.option(fc.nat(300)) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { log, turns, reader, subscriptions } = setUp();
      const starts = new Map<string, number>();
      for (const action of steps) {
        switch (action.type) {
          case "commit":
            commitMany(log, action.count);
            break;
          case "commitBig":
            log.commit(big);
            break;
          case "turn":
            turns.run();
            break;
          case "take":
            reader.take();
            break;
          case "subscribe": {
            const head = log.headSeq();
            const since = action.back === null ? head : Math.max(0, head - action.back);
            const { subscriptionId } = subscriptions.subscribe(action.back === null ? {} : { since });
            starts.set(subscriptionId, since);
          }
        }
      }
      do reader.take();
      while (turns.run() || reader.sink.bufferedBytes > 0);
      for (const [id, since] of starts) expect(reader.seqsOf(id)).toEqual(range(since + 1, log.headSeq()));
    }),
    { numRuns: 500 },
  );
});
