import { describe, expect, test } from "vitest";
import type { Json } from "./raw-client.ts";
import { startToyDaemon } from "./toy-daemon.ts";

function seqOf({ method, params }: Json): number {
  if (method !== "event" || typeof params !== "object" || params === null || !("seq" in params)) return Number.NaN;
  return Number(params.seq);
}

describe("a subscription over a socket", () => {
  test("answers its id and the head first, then replays the log, then follows it", async () => {
    await using daemon = await startToyDaemon();
    const payloadOf = (seq: number) => ({ name: "run.queued", entity: "run:a", payload: { seq } });
    for (let seq = 1; seq <= 250; seq++) daemon.log.commit(payloadOf(seq));
    const client = await daemon.connectInitialized();
    expect(await client.call(1, "events.subscribe", { since: 248 })).toMatchObject({
      id: 1,
      result: { subscriptionId: "s1", headSeq: 250 },
    });
    const event = (seq: number) => ({
      jsonrpc: "2.0",
      method: "event",
      params: {
        subscriptionId: "s1",
        seq,
        at: "2026-11-01T09:15:00.000Z",
        actor: { kind: "daemon", name: "orchastration" },
        ...payloadOf(seq),
      },
    });
    expect([await client.next(), await client.next()]).toEqual([event(249), event(250)]);
    daemon.log.commit(payloadOf(251));
    expect(await client.next()).toEqual(event(251));
  });

  test("loses nothing and repeats nothing when its reader comes back with since", async () => {
    await using daemon = await startToyDaemon();
    const seqs: number[] = [];
    for (let connection = 0; connection < 5; connection++) {
      const client = await daemon.connectInitialized();
      daemon.log.commit({}, {});
      await client.call(1, "events.subscribe", { since: seqs.at(-1) ?? 0 });
      daemon.log.commit({});
      seqs.push(seqOf(await client.next()), seqOf(await client.next()));
      client.socket.destroy();
    }
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("cannot begin beyond the head or before the first event", async () => {
    await using daemon = await startToyDaemon();
    daemon.log.commit({});
    const client = await daemon.connectInitialized();
    for (const since of [2, -1]) {
      expect(await client.call(1, "events.subscribe", { since })).toMatchObject({
        error: { code: 1003, data: { kind: "InvalidSeq", headSeq: 1 } },
      });
    }
  });

  test("sends nothing after the answer that ended it", async () => {
    await using daemon = await startToyDaemon();
    daemon.log.commit({}, {}, {});
    const client = await daemon.connectInitialized();
    client.send(1, "events.subscribe", { since: 0 });
    client.send(2, "events.unsubscribe", { subscriptionId: "s1" });
    expect([await client.next(), await client.next()]).toMatchObject([
      { id: 1, result: { subscriptionId: "s1" } },
      { id: 2, result: {} },
    ]);
    expect(await client.call(3, "events.unsubscribe", { subscriptionId: "s1" })).toMatchObject({
      error: { data: { kind: "SubscriptionNotFound" } },
    });
    daemon.log.commit({});
    expect(await client.call(4, "ping")).toMatchObject({ id: 4 });
  });

  test("belongs to its connection", async () => {
    await using daemon = await startToyDaemon();
    const [one, two] = [await daemon.connectInitialized(), await daemon.connectInitialized()];
    await one.call(1, "events.subscribe");
    expect(await two.call(1, "events.unsubscribe", { subscriptionId: "s1" })).toMatchObject({ error: { code: 1006 } });
    daemon.log.commit({});
    expect(await one.next()).toMatchObject({ method: "event" });
  });
});

test("the answer to a request comes before the events of what it did, whether it took a moment or not", async () => {
  await using daemon = await startToyDaemon({
    "daemon.stop": () => {
      daemon.log.commit({ name: "daemon.stopped" });
      return { liveSessions: 0 };
    },
    "daemon.restart": async () => {
      const committed = Promise.withResolvers<void>();
      setImmediate(() => {
        daemon.log.commit({ name: "daemon.stopped" });
        committed.resolve();
      });
      await committed.promise;
      return { liveSessions: 0 };
    },
  });
  const client = await daemon.connectInitialized();
  await client.call(1, "events.subscribe");
  for (const method of ["daemon.stop", "daemon.restart"]) {
    expect(await client.call(2, method)).toMatchObject({ id: 2, result: {} });
    expect(await client.next()).toMatchObject({ method: "event", params: { name: "daemon.stopped" } });
  }
});

test("a reader too slow gets one gap, can read what it missed, and holds up nobody", async () => {
  await using daemon = await startToyDaemon();
  const slow = await daemon.connectInitialized();
  const quick = await daemon.connectInitialized();
  await slow.call(1, "events.subscribe");
  await quick.call(1, "events.subscribe");
  slow.socket.pause();
  for (let seq = 1; seq <= 100; seq++) {
    daemon.log.commit({ payload: { text: "x".repeat(100_000) } });
    expect(seqOf(await quick.next())).toBe(seq);
  }
  slow.socket.resume();
  let next = 1;
  let line = await slow.next();
  for (; seqOf(line) === next; line = await slow.next()) next++;
  expect(line).toEqual({ jsonrpc: "2.0", method: "events.gap", params: { subscriptionId: "s1", from: next, to: 100 } });
  daemon.log.commit({});
  expect(seqOf(await slow.next())).toBe(101);

  expect(await slow.call(2, "events.unsubscribe", { subscriptionId: "s1" })).toMatchObject({ id: 2, result: {} });
  expect(await slow.call(3, "events.subscribe", { since: next - 1 })).toMatchObject({ id: 3, result: {} });
  for (; next <= 101; next++) expect(seqOf(await slow.next())).toBe(next);
});

test("a reader that reads on gets a log of 50 MB whole, and others are answered in between", async () => {
  await using daemon = await startToyDaemon();
  for (let seq = 1; seq <= 5_000; seq++) daemon.log.commit({ payload: { text: "x".repeat(10_000) } });
  const client = await daemon.connectInitialized();
  const other = await daemon.connect();
  await client.call(1, "events.subscribe", { since: 0 });
  for (let seq = 1; seq <= 5_000; seq++) {
    expect(seqOf(await client.next())).toBe(seq);
    if (seq % 1_000 === 0) expect(await other.call(seq, "ping")).toMatchObject({ id: seq });
  }
});
