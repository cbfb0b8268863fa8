import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { openJournal } from "@orchastration/protocol/node";
import { encodeFrame, FRAME } from "@orchastration/protocol/stream";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { until } from "../../../../test/support/until.ts";
import { type PtyOptions, ptyParams, terminalOutputOf } from "../support/commands.ts";
import { createSessionSet } from "../support/session-set.ts";
import { type AttachOptions, attach, listenForClients, type TerminalClient } from "../support/terminal-client.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** A session that is ended with the test, and clients of it. */
async function openSession(argv: readonly [string, ...string[]], options: PtyOptions = {}) {
  const params = ptyParams(argv, options);
  const sessions = createSessionSet();
  await sessions.spawn(params);
  const path = await listenForClients(sessions);
  return {
    params,
    sessions,
    path,
    attach: (changes?: AttachOptions): Promise<TerminalClient> => attach(path, params.session, changes),
    facts: async () => (await sessions.terminalOf(params.session)).facts(),
    exited: sessions.exitOf(params.session),
    async [Symbol.asyncDispose]() {
      await sessions.stop(params.session, "stopped", 0);
      await sessions.exitOf(params.session);
    },
  };
}

const openShell = (script: string, options?: PtyOptions) => openSession(["/bin/sh", "-c", script], options);

/** Gives back every key at once, untouched. */
const ECHO = "stty raw -echo; echo ready; exec cat";

describe("one client", () => {
  test("that types is told of; one that only watches, or whose terminal answers something, is not", async () => {
    await using session = await openShell(ECHO);
    const watcher = await session.attach({ mode: "watch" });
    const client = await session.attach();
    await client.shows("ready");
    watcher.type("nothing");
    client.type("\x1b[I");
    await client.shows("\x1b[I");
    expect(session.sessions.typed).toEqual([]);
    client.type("a");
    await client.shows("\x1b[Ia");
    expect(session.sessions.typed).toEqual([session.params.session]);
  });

  test("sees all that is put out, types, and learns the end", async () => {
    await using session = await openShell("stty -echo; echo ready; read line; echo got $line; exit 3");
    const client = await session.attach();
    expect(client.answer).toMatchObject({ ok: true, from: 0, cols: 80, rows: 24, controller: true });
    await client.shows("ready");
    client.type("word\n");
    await client.closed;
    expect([client.output().toString(), client.end]).toEqual(["ready\r\ngot word\r\n", 17]);
    expect((await session.exited).exit).toEqual({ code: 3 });
  });

  test("gets its keys through while the thread pool is busy, and sees what comes of them", async () => {
    await using session = await openShell(ECHO);
    const client = await session.attach();
    await client.shows("ready");
    // Each occupies a thread until somebody opens the other end: twice as many as there are threads.
    const directory = temporaryDirectory();
    const fifos = Array.from({ length: 8 }, (_, index) => join(directory, `fifo-${index}`));
    execFileSync("mkfifo", fifos);
    const opening = fifos.map((fifo) => open(fifo, "r"));
    client.type("a key");
    await client.shows("a key");
    for (const fifo of fifos) execFileSync("/bin/sh", ["-c", `: <>${fifo} >${fifo} & exec 3>${fifo}`]);
    for (const file of await Promise.all(opening)) await file.close();
  });

  test("that dies is gone, and the next one is the controller", async () => {
    await using session = await openShell(ECHO);
    const client = await session.attach();
    await client.shows("ready");
    expect(await session.facts()).toMatchObject({ attachments: [{ mode: "control" }] });
    client.close();
    await until(async () => (await session.facts()).attachments.length === 0);
    expect((await session.facts()).controller).toBeNull();
    const next = await session.attach();
    next.type("again");
    await next.shows("again");
  });

  test("that sends what is no frame is cut off, and harms nobody", async () => {
    await using session = await openShell(ECHO);
    const [good, bad] = [await session.attach(), await session.attach({ mode: "watch" })];
    bad.socket.write(Buffer.alloc(64, 0xff));
    await bad.closed;
    const short = await session.attach({ mode: "watch" });
    short.socket.write(encodeFrame(FRAME.resize, Buffer.alloc(1)));
    await short.closed;
    good.type("still here");
    await good.shows("still here");
  });

  test("gets its ping answered, and frames it may not send passed over", async () => {
    await using session = await openShell(ECHO);
    const client = await session.attach();
    client.socket.write(encodeFrame(FRAME.output, Buffer.from("what the supervisor says")));
    client.socket.write(Buffer.from([200, 0, 0, 0, 2, 1, 1]));
    client.ping(2 ** 40);
    await client.until(() => client.pongs.length === 1);
    expect(client.pongs).toEqual([2 ** 40]);
  });

  test.each([
    [{ version: 99 }, "ProtocolVersionUnsupported"],
    [{ session: "absent" }, "SessionNotFound"],
    [{ from: 1_000_000 }, "InvalidParams"],
    [{ cols: 0 }, "InvalidParams"],
  ] as const)("that asks for %j is refused with a reason", async (changes, kind) => {
    await using session = await openShell(ECHO);
    const client = await session.attach(changes);
    expect(client.answer).toMatchObject({ error: { kind } });
    await client.closed;
  });
});

describe("older output", () => {
  const LINES = 60_000;
  const COUNT = `stty raw -echo; seq ${LINES}; echo counted; exec cat`;
  const expected = Buffer.from(`${Array.from({ length: LINES }, (_, index) => index + 1).join("\n")}\ncounted\n`);

  test("is read from the journal first, and is contiguous with what comes live, from any offset", async () => {
    await using session = await openShell(COUNT, { output: { segmentBytes: 100_000 } });
    const first = await session.attach();
    await first.shows("counted");
    first.type("live");
    await first.shows("live");
    const whole = first.output();
    expect(whole.subarray(0, expected.length).equals(expected)).toBe(true);
    for (const from of [0, 1, 99_999, 100_000, 250_001, whole.length - 1, whole.length]) {
      const client = await session.attach({ from, mode: "watch" });
      expect(client.answer).toMatchObject({ from });
      await client.until(() => client.offset === whole.length);
      expect(client.output().equals(whole.subarray(from))).toBe(true);
      expect(client.notices).toEqual([]);
      client.close();
    }
  });

  test("comes at the pace of the client, nothing skipped, while a program floods", async () => {
    await using session = await openShell("stty raw -echo; seq 100000; echo half; read go; exec seq 100000");
    const typist = await session.attach({ isConsuming: false, from: null });
    const older = Buffer.from(`${Array.from({ length: 100_000 }, (_, index) => index + 1).join("\n")}\nhalf\n`);
    await until(async () => (await session.facts()).offset === older.length);
    const client = await session.attach({ mode: "watch", isConsuming: false });
    typist.type("go\n");
    await client.until(() => client.offset === 128 * KIB);
    while (client.offset < older.length) {
      const seen = client.offset;
      client.ack();
      await client.until(() => client.offset > seen);
    }
    expect(client.output().subarray(0, older.length).equals(older)).toBe(true);
    expect(client.notices.filter((notice) => notice.kind === "skipped" && notice.from < older.length)).toEqual([]);
  });

  test("that was dropped is missing at the front, and the answer says from where on it is there", async () => {
    await using session = await openShell(COUNT, { output: { segmentBytes: 50_000, maxBytes: 100_000 } });
    await until(() => terminalOutputOf(session.params).includes("counted"));
    // What is too much goes after the last byte has come.
    const journal = openJournal(session.params.directory);
    await until(() => journal.endOffset - journal.firstOffset <= 100_000);
    const { firstOffset } = journal;
    expect(firstOffset).toBeGreaterThan(0);
    const client = await session.attach({ from: 3 });
    expect(client.answer).toMatchObject({ from: firstOffset });
    await client.shows("counted");
    expect(client.output().equals(expected.subarray(firstOffset))).toBe(true);
  });

  test("is passed over by a client that asks for the end, which gets one repaint", async () => {
    await using session = await openShell(
      "stty raw -echo; trap 'echo painted `stty size`' WINCH; echo ready; while :; do read x; done",
    );
    await until(() => terminalOutputOf(session.params).includes("ready"));
    const client = await session.attach({ from: null, mode: "watch" });
    await client.shows("painted 24 80");
    expect(client.output().includes("ready")).toBe(false);
  });
});

describe("a client that falls behind", () => {
  const FLOOD = "stty raw -echo; echo ready; read go; head -c 5000000 /dev/zero | tr '\\0' x; echo over; exec cat";

  async function flood(session: Awaited<ReturnType<typeof openShell>>, reader: TerminalClient): Promise<void> {
    await reader.shows("ready");
    reader.type("go\n");
    await until(async () => (await session.facts()).offset >= 5_000_000);
    await until(() => terminalOutputOf(session.params).includes("over"));
  }

  test("gets no more than its budget, then learns what it missed, and goes on with the newest", async () => {
    await using session = await openShell(FLOOD);
    const client = await session.attach({ isConsuming: false });
    await flood(session, client);
    const { offset } = await session.facts();
    await client.until(() => client.offset > 0);
    expect(client.offset).toBeLessThanOrEqual(128 * KIB);
    expect(client.notices).toEqual([]);
    client.ack();
    await client.until(() => client.notices.length > 0);
    const [notice] = client.notices;
    expect(notice).toEqual({ kind: "skipped", from: client.output().length, to: offset });
    client.type("news");
    await client.until(() => client.offset === offset + 4);
    expect(client.output().toString("latin1").endsWith("xnews")).toBe(true);
  });

  test.each([
    [64 * KIB, 64 * KIB],
    [MIB, MIB],
    [100 * MIB, MIB],
  ])("may ask for a budget of %i bytes, and has %i", async (budgetBytes, granted) => {
    await using session = await openShell(FLOOD);
    const client = await session.attach({ isConsuming: false, budgetBytes });
    await flood(session, client);
    client.ping(1);
    await client.until(() => client.pongs.length === 1);
    expect(client.offset).toBeLessThanOrEqual(granted);
    expect(client.offset).toBeGreaterThan(granted - 128 * KIB);
  });

  test("delays neither the program nor another client, though it never reads", async () => {
    await using session = await openShell(FLOOD);
    const deaf = await session.attach({ mode: "watch", isConsuming: false, budgetBytes: MIB });
    deaf.socket.pause();
    const reader = await session.attach({ budgetBytes: MIB });
    await flood(session, reader);
    reader.type("echo");
    await reader.until(() => reader.output().includes("over\necho"));
    expect(reader.notices).toEqual([]);
    deaf.socket.resume();
    await deaf.until(() => deaf.offset > MIB - 128 * KIB);
    deaf.ping(1);
    await deaf.until(() => deaf.pongs.length === 1);
    deaf.ack();
    await deaf.until(() => deaf.offset === reader.offset);
    expect(deaf.notices).toMatchObject([{ kind: "skipped", to: reader.offset }]);
  });

  test("and asks without end for answers that it never reads, is cut off", async () => {
    await using session = await openShell(ECHO);
    const deaf = await session.attach({ mode: "watch" });
    deaf.socket.pause();
    const ping = encodeFrame(FRAME.ping, Buffer.alloc(8));
    const pings = Buffer.concat(Array.from({ length: 50_000 }, () => ping));
    const pour = (): void => {
      while (!deaf.socket.destroyed && deaf.socket.write(pings));
    };
    deaf.socket.on("drain", pour);
    pour();
    await until(async () => (await session.facts()).attachments.length === 0);
    // A paused socket does not notice that it was closed.
    deaf.close();
  });
});

test("what happened elsewhere is told to everybody attached, beside the output", async () => {
  await using session = await openShell(ECHO);
  const [client, watcher] = [await session.attach(), await session.attach({ mode: "watch" })];
  await Promise.all([client.shows("ready"), watcher.shows("ready")]);
  const news = { kind: "news", title: "login is idle", body: "1-login" } as const;
  (await session.sessions.terminalOf(session.params.session)).tell(news);
  await client.until(() => client.notices.some(({ kind }) => kind === "news"));
  await watcher.until(() => watcher.notices.some(({ kind }) => kind === "news"));
  expect([client.notices, watcher.notices]).toEqual([[news], [news]]);
  expect(client.output().toString()).toBe("ready\n");
});

describe("control", () => {
  test("goes to the latest who attaches for it, and the one before is told and refused", async () => {
    await using session = await openShell(ECHO);
    const first = await session.attach();
    await first.shows("ready");
    const second = await session.attach();
    await first.until(() => first.notices.length === 1);
    const { controller, attachments } = await session.facts();
    expect(first.notices).toEqual([{ kind: "control-taken", by: controller }]);
    expect(attachments.map(({ id }) => id)).toEqual([idOf(first), idOf(second)]);
    first.type("refused");
    first.type("refused again");
    second.type("taken");
    await Promise.all([first.shows("taken"), second.shows("taken")]);
    expect(first.output().toString()).toBe("ready\ntaken");
    await first.until(() => first.notices.length === 2);
    expect(first.notices[1]).toEqual({ kind: "input-refused" });
  });

  test("is given on request, and comes back when the controller leaves", async () => {
    await using session = await openShell(ECHO);
    const [first, watcher] = [await session.attach(), await session.attach({ mode: "watch" })];
    await watcher.shows("ready");
    expect(watcher.answer).toMatchObject({ controller: false });
    const terminal = await session.sessions.terminalOf(session.params.session);
    expect(() => terminal.takeControl("nobody")).toThrow(expect.objectContaining({ kind: "AttachmentNotFound" }));
    terminal.takeControl(idOf(watcher));
    await watcher.until(() => watcher.notices.some(({ kind }) => kind === "control-given"));
    await first.until(() => first.notices.some(({ kind }) => kind === "control-taken"));
    watcher.type("from the watcher");
    await first.shows("from the watcher");
    watcher.close();
    await first.until(() => first.notices.some(({ kind }) => kind === "control-given"));
    first.type("back again");
    await first.shows("back again");
  });

  test("ten watchers see the same, one that never reads among them", async () => {
    await using session = await openShell(ECHO);
    const controller = await session.attach();
    const watchers = await Promise.all(Array.from({ length: 10 }, () => session.attach({ mode: "watch" })));
    watchers[0]?.socket.pause();
    for (let key = 0; key < 50; key++) {
      controller.type(`<${key}>`);
      await controller.shows(`<${key}>`);
    }
    for (const watcher of watchers.slice(1)) {
      await watcher.shows("<49>");
      expect(watcher.output().equals(controller.output())).toBe(true);
    }
  });

  test("every change is told to the daemon", async () => {
    await using session = await openShell(ECHO);
    const client = await session.attach();
    client.resize(100, 30);
    await until(() => session.sessions.terminalChanges.length === 2);
    client.close();
    await until(() => session.sessions.terminalChanges.length === 3);
    expect(session.sessions.terminalChanges.map(({ terminal }) => terminal)).toMatchObject([
      { cols: 80, rows: 24, attachments: [{ mode: "control" }], controller: idOf(client) },
      { cols: 100, rows: 30, attachments: [{ mode: "control" }], controller: idOf(client) },
      { cols: 100, rows: 30, attachments: [], controller: null },
    ]);
  });
});

describe("the size", () => {
  const PAINT =
    "stty raw -echo; trap 'echo painted `stty size`' WINCH; echo ready; while :; do read x && echo asked; done";

  test("follows the controller, watchers are told, and the index keeps each with its offset", async () => {
    await using session = await openShell(PAINT);
    const controller = await session.attach();
    const watcher = await session.attach({ mode: "watch", cols: 10, rows: 10 });
    expect(watcher.answer).toMatchObject({ cols: 80, rows: 24 });
    await controller.shows("ready");
    watcher.resize(11, 11);
    controller.resize(0, 0);
    controller.resize(100, 30);
    await controller.shows("painted 30 100");
    await watcher.until(() => watcher.notices.length > 0);
    expect(watcher.notices).toEqual([{ kind: "resized", cols: 100, rows: 30 }]);
    const terminal = await session.sessions.terminalOf(session.params.session);
    terminal.resize({ cols: 50, rows: 50 });
    expect(terminal.facts()).toMatchObject({ cols: 100, rows: 30 });
    terminal.takeControl(idOf(watcher));
    await watcher.shows("painted 11 11");
    const journal = openJournal(session.params.directory);
    await until(() => [...journal.resizes()].length === 3);
    const resizes = [...journal.resizes()];
    expect(resizes.map(({ cols, rows }) => [cols, rows])).toEqual([
      [80, 24],
      [100, 30],
      [11, 11],
    ]);
    expect(resizes[0]?.offset).toBe(0);
    expect(resizes[1]?.offset).toBeGreaterThanOrEqual("ready\n".length);
  });

  test("may be set by others while nobody controls", async () => {
    await using session = await openShell(PAINT);
    await until(() => terminalOutputOf(session.params).includes("ready"));
    const terminal = await session.sessions.terminalOf(session.params.session);
    terminal.resize({ cols: 50, rows: 20 });
    await until(() => terminalOutputOf(session.params).includes("painted 20 50"));
  });

  test("that is the same at attach still makes the program paint, and is the same afterwards", async () => {
    await using session = await openShell(PAINT);
    await until(() => terminalOutputOf(session.params).includes("ready"));
    const client = await session.attach();
    await client.shows("painted 24 80");
    expect([...openJournal(session.params.directory).resizes()]).toHaveLength(1);
  });

  test("of one row is repainted as well", async () => {
    await using session = await openShell(PAINT, { output: { rows: 1 } });
    await until(() => terminalOutputOf(session.params).includes("ready"));
    const client = await session.attach({ rows: 1 });
    await client.shows("painted 1 80");
  });
});

describe("input", () => {
  test("of 10 MB that the program does not read waits in bounded space, and nothing is lost when it does", async () => {
    const directory = temporaryDirectory();
    const go = join(directory, "go");
    execFileSync("mkfifo", [go]);
    const pasted = Buffer.alloc(10 * MIB);
    for (let index = 0; index < pasted.length; index += 4) pasted.writeUInt32LE((index * 2_654_435_761) >>> 0, index);
    await using session = await openShell(
      `stty raw -echo; echo ready; read x < ${go}; head -c ${pasted.length} | sha256sum`,
    );
    const client = await session.attach();
    await client.shows("ready");
    for (let at = 0; at < pasted.length; at += 64 * KIB) client.type(pasted.subarray(at, at + 64 * KIB));
    const terminal = await session.sessions.terminalOf(session.params.session);
    await until(() => isFull(terminal));
    // Another client is served meanwhile.
    const watcher = await session.attach({ mode: "watch" });
    await watcher.shows("ready");
    expect(client.socket.writableLength).toBeGreaterThan(8 * MIB);
    writeFileSync(go, "\n");
    await client.shows(createHash("sha256").update(pasted).digest("hex"));
  });

  test("that nobody took in the end keeps neither the session nor its client", async () => {
    await using session = await openShell("stty raw -echo; echo ready; kill -STOP $$");
    const client = await session.attach();
    await client.shows("ready");
    for (let at = 0; at < 4 * MIB; at += 64 * KIB) client.type(Buffer.alloc(64 * KIB));
    const terminal = await session.sessions.terminalOf(session.params.session);
    await until(() => isFull(terminal));
    await session.sessions.stop(session.params.session, "stopped", 0);
    await client.closed;
    expect(client.end).toBe(client.offset);
    await until(() => terminal.facts().attachments.length === 0);
  });

  test("of the daemon's for a query is not written while somebody controls, whose own terminal answers", async () => {
    await using session = await openShell(ECHO);
    const terminal = await session.sessions.terminalOf(session.params.session);
    const answer = Buffer.from("answer");
    await until(() => terminalOutputOf(session.params).includes("ready"));
    expect(terminal.write(answer, { unlessControlled: true })).toBe(true);
    const client = await session.attach();
    await client.shows("answer");
    expect(terminal.write(answer, { unlessControlled: true })).toBe(false);
    // Asked when nobody was there to answer.
    const { offset } = await session.facts();
    const { historyEnd = 0 } = "ok" in client.answer ? client.answer : {};
    expect(historyEnd).toBeLessThanOrEqual(offset);
    expect(terminal.write(answer, { unlessControlled: true, askedBefore: historyEnd + 1 })).toBe(false);
    expect(terminal.write(new Uint8Array(0), { unlessControlled: true, askedBefore: historyEnd })).toBe(true);
    expect(terminal.write(Buffer.from("sent"), { unlessControlled: false })).toBe(true);
    await client.shows("sent");
    expect(client.output().toString()).toBe("ready\nanswersent");
  });
});

test("sessions without a terminal, and those that ended, are not attached to", async () => {
  const session = await openShell("exit 0");
  await session.exited;
  const client = await session.attach();
  expect(client.answer).toMatchObject({ error: { kind: "SessionNotLive" } });
});

function idOf({ answer }: TerminalClient): string {
  if ("error" in answer) throw new Error(answer.error.message);
  return answer.attachment;
}

function isFull(terminal: { write(bytes: Uint8Array, options: { unlessControlled: boolean }): boolean }): boolean {
  try {
    terminal.write(new Uint8Array(0), { unlessControlled: false });
    return false;
  } catch {
    return true;
  }
}
