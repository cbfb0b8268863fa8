import { OrchastrationError } from "@orchastration/protocol";
import { encodeFrame, FRAME } from "@orchastration/protocol/stream";
import { expect, test } from "vitest";
import { holdUpLoop } from "../../../test/support/hold-up-loop.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { type Attachment, type AttachmentEvent, type AttachOptions, attach } from "../src/attach.ts";
import type { DaemonClient } from "../src/client.ts";
import { AttachmentLostError } from "../src/client-error.ts";
import { startToySupervisor } from "./support/toy-supervisor.ts";

const SESSION = "7k3m9q2x5r8t";

interface Screen {
  readonly offset: number;
  readonly text: string;
  readonly cols?: number;
}

interface ToyDaemon {
  readonly connect: AttachOptions["connect"];
  readonly asked: readonly string[];
  openConnections: number;
}

/** A daemon that answers with these screens one after the other, and reads output from the journal. An absent screen: nobody answers. */
function toyDaemon(endpoint: string, screens: readonly Screen[], journal = ""): ToyDaemon {
  const asked: string[] = [];
  const left = [...screens];
  const daemon: ToyDaemon = {
    asked,
    openConnections: 0,
    async connect() {
      const call = (async (method: string, params: { fromOffset?: number; maxBytes?: number }) => {
        asked.push(method);
        if (method === "session.read") {
          const { fromOffset = 0, maxBytes = 0 } = params;
          const text = journal.slice(fromOffset, fromOffset + maxBytes);
          return { data: btoa(text), offset: fromOffset, nextOffset: fromOffset + text.length, hasEnded: false };
        }
        const screen = left.shift();
        if (screen === undefined) throw new Error("no daemon");
        const snapshot = { offset: screen.offset, cols: screen.cols ?? 80, rows: 24, data: btoa(screen.text) };
        return { session: { id: SESSION }, endpoint, version: 1, snapshot };
      }) as DaemonClient["call"];
      daemon.openConnections++;
      return { call, close: () => void daemon.openConnections-- };
    },
  };
  return daemon;
}

function optionsFor(connect: AttachOptions["connect"], more: Partial<AttachOptions> = {}): AttachOptions {
  return {
    connect,
    stateDir: "/nowhere",
    context: { cwd: "/", configFile: null },
    session: "7k3m",
    mode: "control",
    cols: 80,
    rows: 24,
    from: "screen",
    ...more,
  };
}

/** What a terminal would be given, in one word for each event. */
function wordOf(event: AttachmentEvent): string {
  switch (event.kind) {
    case "screen":
      return `screen ${Buffer.from(event.bytes).toString()}`;
    case "output":
      return Buffer.from(event.bytes).toString();
    case "notice":
      return event.notice.kind;
    case "end":
      return `end ${event.offset}`;
  }
}

async function wordsOf({ events }: Attachment): Promise<string[]> {
  const words: string[] = [];
  for await (const event of events) words.push(wordOf(event));
  return words;
}

test("the screen comes first, then the bytes from its offset on, then the end", async () => {
  await using supervisor = await startToySupervisor(temporaryDirectory());
  const daemon = toyDaemon(supervisor.endpoint, [{ offset: 40, text: "$ " }]);
  const attachment = await attach(optionsFor(daemon.connect));
  supervisor.output("ls");
  supervisor.output("\r\n");
  supervisor.end(44);
  expect(await wordsOf(attachment)).toEqual(["screen $ ", "ls", "\r\n", "end 44"]);
  expect(await supervisor.request).toEqual({
    version: 1,
    session: SESSION,
    mode: "control",
    from: 40,
    cols: 80,
    rows: 24,
  });
  expect(attachment).toMatchObject({ id: "a1", isController: true });
});

test("frames that arrive together with the answer are not lost", async () => {
  const first = Buffer.concat([
    encodeFrame(FRAME.output, Buffer.from("early")),
    encodeFrame(FRAME.end, Buffer.alloc(8)),
  ]);
  await using supervisor = await startToySupervisor(temporaryDirectory(), undefined, first);
  const daemon = toyDaemon(supervisor.endpoint, [{ offset: 0, text: "" }]);
  expect(await wordsOf(await attach(optionsFor(daemon.connect, { from: 0 })))).toEqual(["early", "end 0"]);
});

test("output is acknowledged when the next is asked for, by its absolute offset", async () => {
  await using supervisor = await startToySupervisor(temporaryDirectory());
  const attachment = await attach(optionsFor(toyDaemon(supervisor.endpoint, [{ offset: 40, text: "" }]).connect));
  const events = attachment.events[Symbol.asyncIterator]();
  supervisor.output("12345");
  supervisor.notify({ kind: "control-given" });
  await events.next();
  await events.next();
  attachment.type(Buffer.from("first"));
  await events.next();
  const [ack] = await supervisor.frames(FRAME.ack, 1);
  expect(ack?.payload.readBigUInt64BE()).toBe(45n);
  expect((await supervisor.frames(FRAME.input, 1)).map(({ payload }) => payload.toString())).toEqual(["first"]);
});

test("the end is heard although an acknowledgement is due that nobody takes any more", async () => {
  await using supervisor = await startToySupervisor(temporaryDirectory());
  const { connect } = toyDaemon(supervisor.endpoint, [{ offset: 0, text: "" }]);
  const { events } = await attach(optionsFor(connect));
  supervisor.output("last");
  const words: string[] = [];
  for await (const event of events) {
    words.push(wordOf(event));
    if (words.length !== 2) continue;
    // Taken, and to be acknowledged in a moment; a busy loop comes by its timers first.
    setImmediate(() => {
      supervisor.end(4);
      supervisor.hangUp();
      void supervisor.request.then(() => holdUpLoop(50));
    });
  }
  expect(words).toEqual(["screen ", "last", "end 4"]);
});

test("what is short is acknowledged together with what comes soon after", async () => {
  const first = ["a", "b".repeat(300), "c"].map((text) => encodeFrame(FRAME.output, Buffer.from(text)));
  await using supervisor = await startToySupervisor(temporaryDirectory(), undefined, Buffer.concat(first));
  const daemon = toyDaemon(supervisor.endpoint, [{ offset: 0, text: "" }]);
  const attachment = await attach(optionsFor(daemon.connect, { from: 0 }));
  const words = wordsOf(attachment);
  const acks = await supervisor.frames(FRAME.ack, 2);
  expect(acks.map(({ payload }) => payload.readBigUInt64BE())).toEqual([301n, 302n]);
  attachment.detach();
  expect(await words).toHaveLength(3);
});

test("keys and sizes go to the supervisor, a long paste in several frames", async () => {
  await using supervisor = await startToySupervisor(temporaryDirectory());
  const attachment = await attach(optionsFor(toyDaemon(supervisor.endpoint, [{ offset: 0, text: "" }]).connect));
  const paste = Buffer.alloc(2_500_000, "x");
  attachment.type(paste);
  attachment.resize(120, 40);
  const pieces = await supervisor.frames(FRAME.input, 3);
  expect(Buffer.concat(pieces.map(({ payload }) => payload)).equals(paste)).toBe(true);
  const [size] = await supervisor.frames(FRAME.resize, 1);
  expect([size?.payload.readUInt16BE(0), size?.payload.readUInt16BE(2)]).toEqual([120, 40]);
});

test("no connection to the daemon stays open", async () => {
  await using supervisor = await startToySupervisor(temporaryDirectory());
  const daemon = toyDaemon(supervisor.endpoint, [{ offset: 0, text: "" }]);
  await attach(optionsFor(daemon.connect));
  expect(daemon.openConnections).toBe(0);
});

test("skipped output is replaced by a fresh screen, and no byte of it is shown twice", async () => {
  await using supervisor = await startToySupervisor(temporaryDirectory());
  const screens = [
    { offset: 0, text: "old" },
    { offset: 103, text: "new" },
  ];
  const attachment = await attach(optionsFor(toyDaemon(supervisor.endpoint, screens).connect));
  supervisor.output("a");
  supervisor.notify({ kind: "skipped", from: 1, to: 100 });
  supervisor.output("01234");
  supervisor.end(105);
  expect(await wordsOf(attachment)).toEqual(["screen old", "a", "screen new", "34", "end 105"]);
});

test("a screen older than what was skipped is completed from the journal", async () => {
  await using supervisor = await startToySupervisor(temporaryDirectory());
  const screens = [
    { offset: 0, text: "old" },
    { offset: 4, text: "new" },
  ];
  const attachment = await attach(optionsFor(toyDaemon(supervisor.endpoint, screens, "0123456789").connect));
  supervisor.notify({ kind: "skipped", from: 0, to: 7 });
  supervisor.output("789");
  supervisor.end(10);
  expect(await wordsOf(attachment)).toEqual(["screen old", "screen new", "456", "789", "end 10"]);
});

test("without a daemon the stream goes on, and tells what is missing", async () => {
  await using supervisor = await startToySupervisor(temporaryDirectory());
  const attachment = await attach(optionsFor(toyDaemon(supervisor.endpoint, [{ offset: 0, text: "old" }]).connect));
  supervisor.notify({ kind: "skipped", from: 0, to: 7 });
  supervisor.output("789");
  supervisor.end(10);
  expect(await wordsOf(attachment)).toEqual(["screen old", "skipped", "789", "end 10"]);
});

test("a controller of another size gets the screen in its own", async () => {
  await using supervisor = await startToySupervisor(temporaryDirectory());
  const screens = [
    { offset: 3, text: "narrow", cols: 40 },
    { offset: 5, text: "wide" },
  ];
  const attachment = await attach(optionsFor(toyDaemon(supervisor.endpoint, screens).connect));
  supervisor.output("345");
  supervisor.end(6);
  expect(await wordsOf(attachment)).toEqual(["screen wide", "5", "end 6"]);
});

test("leaving hands over what was typed, and ends the events", async () => {
  await using supervisor = await startToySupervisor(temporaryDirectory());
  const attachment = await attach(optionsFor(toyDaemon(supervisor.endpoint, [{ offset: 0, text: "" }]).connect));
  const words = wordsOf(attachment);
  attachment.type(Buffer.from("last"));
  attachment.detach();
  expect(await words).toEqual(["screen "]);
  await supervisor.closed;
  expect((await supervisor.frames(FRAME.input, 1))[0]?.payload.toString()).toBe("last");
});

test("a stream that breaks is an error that says what to do", async () => {
  await using supervisor = await startToySupervisor(temporaryDirectory());
  const attachment = await attach(optionsFor(toyDaemon(supervisor.endpoint, [{ offset: 0, text: "" }]).connect));
  supervisor.hangUp();
  await expect(wordsOf(attachment)).rejects.toThrow(AttachmentLostError);
});

test("a refusal is the error the supervisor named", async () => {
  const refuse = () => ({ error: { kind: "SessionNotLive", message: "it has ended" } });
  await using supervisor = await startToySupervisor(temporaryDirectory(), refuse);
  const daemon = toyDaemon(supervisor.endpoint, [{ offset: 0, text: "" }]);
  const error: unknown = await attach(optionsFor(daemon.connect)).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(OrchastrationError);
  expect(error).toMatchObject({ kind: "SessionNotLive", message: "it has ended" });
});

test("a supervisor that is gone is an error that says what to do", async () => {
  const daemon = toyDaemon(`${temporaryDirectory()}/nobody.sock`, [{ offset: 0, text: "" }]);
  await expect(attach(optionsFor(daemon.connect))).rejects.toThrow(AttachmentLostError);
});
