import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import {
  type AttachAnswer,
  type AttachRequest,
  createFrameDecoder,
  encodeFrame,
  encodeNotice,
  encodeNumber,
  FRAME,
  type FrameType,
  formatAttachAnswer,
  type Notice,
  parseAttachRequest,
} from "@orchastration/protocol/stream";

export interface Frame {
  readonly type: number;
  readonly payload: Buffer;
}

/** The supervisor's end of the stream, in the test's hands. */
export interface ToySupervisor extends AsyncDisposable {
  readonly endpoint: string;
  /** The attach line of the client that came. */
  readonly request: Promise<AttachRequest>;
  /** Frames of this type, once there are so many. */
  frames(type: FrameType, count: number): Promise<readonly Frame[]>;
  output(text: string): void;
  notify(notice: Notice): void;
  end(offset: number): void;
  hangUp(): void;
  readonly closed: Promise<void>;
}

export async function startToySupervisor(
  directory: string,
  answerTo: (request: AttachRequest) => AttachAnswer = accept,
  /** Sent in one piece with the answer. */
  first: Uint8Array = new Uint8Array(0),
): Promise<ToySupervisor> {
  const endpoint = join(directory, "toy.sock");
  const request = Promise.withResolvers<AttachRequest>();
  const client = Promise.withResolvers<Socket>();
  const closed = Promise.withResolvers<void>();
  const received: Frame[] = [];
  let onFrame = (): void => {};

  const server = createServer((socket) => {
    let line = "";
    const decoder = createFrameDecoder((type, payload) => {
      received.push({ type, payload: Buffer.from(payload) });
      onFrame();
    });
    const readLine = (bytes: Buffer): void => {
      line += bytes.toString("latin1");
      const end = line.indexOf("\n");
      if (end < 0) return;
      socket.off("data", readLine).on("data", (bytes: Buffer) => decoder.push(bytes));
      const asked = parseAttachRequest(line.slice(0, end));
      if (asked === undefined) throw new Error(`no attach line: ${line}`);
      socket.write(Buffer.concat([Buffer.from(formatAttachAnswer(answerTo(asked))), first]));
      request.resolve(asked);
      client.resolve(socket);
    };
    socket.on("data", readLine).on("error", () => {});
    socket.on("close", () => closed.resolve());
  });
  server.listen(endpoint);
  await once(server, "listening");
  const send = (type: FrameType, payload: Uint8Array): void => {
    void client.promise.then((socket) => socket.write(encodeFrame(type, payload)));
  };

  return {
    endpoint,
    request: request.promise,
    async frames(type, count) {
      for (;;) {
        const found = received.filter((frame) => frame.type === type);
        if (found.length >= count) return found;
        await new Promise<void>((resolve) => {
          onFrame = resolve;
        });
      }
    },
    output: (text) => send(FRAME.output, Buffer.from(text)),
    notify: (notice) => send(FRAME.notice, encodeNotice(notice)),
    end: (offset) => send(FRAME.end, encodeNumber(offset)),
    hangUp: () => void client.promise.then((socket) => socket.destroy()),
    closed: closed.promise,
    async [Symbol.asyncDispose]() {
      void client.promise.then((socket) => socket.destroy());
      server.close();
      await once(server, "close");
    },
  };
}

function accept({ from, cols, rows, mode }: AttachRequest): AttachAnswer {
  return { ok: true, attachment: "a1", from: from ?? 0, cols, rows, controller: mode === "control" };
}
