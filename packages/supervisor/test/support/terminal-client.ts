import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import {
  type AttachAnswer,
  type AttachRequest,
  createFrameDecoder,
  decodeNotice,
  decodeNumber,
  encodeFrame,
  encodeNumber,
  encodeSize,
  FRAME,
  formatAttachRequest,
  type Notice,
  parseAttachAnswer,
} from "@orchastration/protocol/stream";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { peekFirstLine } from "../../src/first-line.ts";
import { serveTerminalClient } from "../../src/serve-terminal-client.ts";
import type { Sessions } from "../../src/sessions.ts";

/** A socket on which terminal clients are served as the supervisor serves them. It is closed with the test. */
export async function listenForClients(sessions: Sessions): Promise<string> {
  const path = join(temporaryDirectory(), "clients.sock");
  const server = createServer((socket) => {
    socket.on("error", () => {});
    void peekFirstLine(socket).then(async (line) => {
      if (line !== undefined) await serveTerminalClient(socket, line, sessions);
    });
  });
  server.listen(path);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return path;
}

export interface TerminalClient {
  readonly answer: AttachAnswer;
  readonly socket: Socket;
  /** All output received, in one piece. */
  output(): Buffer;
  /** Offset behind the last byte received or skipped. */
  readonly offset: number;
  readonly notices: readonly Notice[];
  /** Pongs received. */
  readonly pongs: readonly number[];
  /** The final offset, once the stream has ended. */
  readonly end: number | undefined;
  type(text: string | Uint8Array): void;
  resize(cols: number, rows: number): void;
  ping(token: number): void;
  ack(offset?: number): void;
  /** Resolves when the condition holds, asked after everything that arrives. Rejects when the connection closes before. */
  until(condition: () => boolean): Promise<void>;
  shows(text: string): Promise<void>;
  readonly closed: Promise<void>;
  close(): void;
}

export type AttachOptions = Partial<AttachRequest> & {
  /** Acknowledges everything at once, as a client that consumes does; default: true. */
  readonly isConsuming?: boolean;
};

export async function attach(path: string, session: string, options: AttachOptions = {}): Promise<TerminalClient> {
  const { isConsuming = true, ...changes } = options;
  const socket = connect(path);
  await once(socket, "connect");
  const request: AttachRequest = { version: 1, session, mode: "control", from: 0, cols: 80, rows: 24, ...changes };
  socket.write(formatAttachRequest(request));
  const parts: Uint8Array[] = [];
  const notices: Notice[] = [];
  const pongs: number[] = [];
  const waiting = new Set<() => void>();
  let offset = 0;
  let end: number | undefined;
  const { promise: answered, resolve: answer, reject: refuse } = Promise.withResolvers<AttachAnswer>();
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();

  const ack = (upTo = offset): void => void socket.write(encodeFrame(FRAME.ack, encodeNumber(upTo)));
  const decoder = createFrameDecoder((type, payload) => {
    switch (type) {
      case FRAME.output:
        parts.push(Uint8Array.from(payload));
        offset += payload.length;
        if (isConsuming) ack();
        break;
      case FRAME.notice: {
        const notice = decodeNotice(payload);
        if (notice === undefined) throw new Error("an unknown notice");
        if (notice.kind === "skipped") offset = notice.to;
        notices.push(notice);
        break;
      }
      case FRAME.pong:
        pongs.push(decodeNumber(payload));
        break;
      case FRAME.end:
        end = decodeNumber(payload);
        break;
      default:
        throw new Error(`a frame of type ${type}`);
    }
  });

  let line: Buffer | undefined = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (bytes: Buffer) => {
    let frames = bytes;
    if (line !== undefined) {
      line = Buffer.concat([line, bytes]);
      const length = line.indexOf("\n");
      if (length < 0) return;
      const first = parseAttachAnswer(line.toString("utf8", 0, length));
      if ("ok" in first) offset = first.from;
      frames = line.subarray(length + 1);
      line = undefined;
      answer(first);
    }
    decoder.push(frames);
    for (const look of waiting) look();
  });
  socket.once("close", () => {
    close();
    refuse(new Error("closed without an answer"));
    for (const look of waiting) look();
  });
  onTestFinished(() => void socket.destroy());

  const client: TerminalClient = {
    answer: await answered,
    socket,
    output: () => Buffer.concat(parts),
    get offset() {
      return offset;
    },
    notices,
    pongs,
    get end() {
      return end;
    },
    type: (text) => void socket.write(encodeFrame(FRAME.input, Buffer.from(text))),
    resize: (cols, rows) => void socket.write(encodeFrame(FRAME.resize, encodeSize(cols, rows))),
    ping: (token) => void socket.write(encodeFrame(FRAME.ping, encodeNumber(token))),
    ack,
    until: (condition) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (condition()) resolve();
          else if (socket.closed) reject(new Error(`closed after ${JSON.stringify(client.output().toString())}`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
    shows: (text) => client.until(() => client.output().includes(text)),
    closed,
    close: () => void socket.destroy(),
  };
  return client;
}
