import type { Socket } from "node:net";
import { isErrorKind, OrchastrationError } from "@orchastration/protocol";
import { connectToSocket } from "@orchastration/protocol/node";
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
  MAX_ATTACH_LINE_BYTES,
  MAX_FRAME_BYTES,
  type Notice,
  parseAttachAnswer,
} from "@orchastration/protocol/stream";
import { AttachmentLostError } from "./client-error.ts";

const LINE_FEED = 0x0a;
/** Less than this is acknowledged a little later, all at once: each acknowledgement wakes the supervisor, which is about to echo the next key. */
const WORTH_ACKNOWLEDGING_BYTES = 256;
const ACKNOWLEDGE_AFTER_MS = 10;

export type StreamEvent =
  /** Bytes of the terminal; `offset` is that of the first. */
  | { readonly kind: "output"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "notice"; readonly notice: Notice }
  | { readonly kind: "end"; readonly offset: number };

/** The stream between one client and the supervisor of a terminal. */
export interface TerminalStream {
  readonly answer: Extract<AttachAnswer, { ok: true }>;
  /** Everything the supervisor says, in order; to be read once. Ends after `end` or `close`. @throws {AttachmentLostError} when it breaks */
  events(): AsyncGenerator<StreamEvent, void>;
  type(bytes: Uint8Array): void;
  resize(cols: number, rows: number): void;
  /** Output up to this offset has been shown: so much more may come. */
  acknowledge(offset: number): void;
  close(): void;
}

/** @throws {OrchastrationError} what the supervisor refused. @throws {AttachmentLostError} */
export async function openTerminalStream(
  endpoint: string,
  stateDir: string,
  request: AttachRequest,
): Promise<TerminalStream> {
  const socket = await connectToSocket(endpoint, stateDir).catch((error: unknown) => {
    throw new AttachmentLostError(request.session, error);
  });
  // The end of the socket is told by `close`; without a listener an error would end the process.
  socket.on("error", () => {});
  socket.write(formatAttachRequest(request));
  try {
    const answer = parseAttachAnswer(await readFirstLine(socket));
    if ("error" in answer) throw refusalOf(answer.error, request.session);
    return createStream(socket, answer, request.session);
  } catch (error) {
    socket.destroy();
    throw error instanceof OrchastrationError ? error : new AttachmentLostError(request.session, error);
  }
}

function createStream(socket: Socket, answer: TerminalStream["answer"], session: string): TerminalStream {
  const arrived: StreamEvent[] = [];
  let offset = answer.from;
  let state: "open" | "closed" | "broken" = "open";
  let wake = (): void => {};
  let shown = answer.from;
  let acknowledged = shown;
  let acknowledging: NodeJS.Timeout | undefined;
  /** Nothing is sent any more. */
  let hasEnded = false;

  const decoder = createFrameDecoder((type, payload) => {
    switch (type) {
      case FRAME.output:
        arrived.push({ kind: "output", offset, bytes: payload });
        offset += payload.length;
        break;
      case FRAME.end:
        hasEnded = true;
        arrived.push({ kind: "end", offset: decodeNumber(payload) });
        break;
      case FRAME.ping:
        send(encodeFrame(FRAME.pong, payload));
        break;
      case FRAME.notice: {
        const notice = decodeNotice(payload);
        if (notice === undefined) break;
        if (notice.kind === "skipped") offset = notice.to;
        arrived.push({ kind: "notice", notice });
      }
    }
  });

  function send(frame: Uint8Array): void {
    if (socket.writable && !hasEnded) socket.write(frame);
  }

  /** What has arrived is read first: to write to a supervisor that has gone destroys the connection, and what it had said last with it. */
  function acknowledgeSoon(): void {
    acknowledging ??= setTimeout(() => setImmediate(acknowledge), ACKNOWLEDGE_AFTER_MS);
  }

  function acknowledge(): void {
    clearTimeout(acknowledging);
    acknowledging = undefined;
    acknowledged = shown;
    send(encodeFrame(FRAME.ack, encodeNumber(shown)));
  }

  socket.on("data", (bytes: Buffer) => {
    try {
      decoder.push(bytes);
    } catch {
      // What follows a broken frame cannot be understood.
      socket.destroy();
    }
    wake();
  });
  socket.once("close", () => {
    clearTimeout(acknowledging);
    if (state === "open") state = "broken";
    wake();
  });
  if (socket.closed) state = "broken";
  socket.resume();

  return {
    answer,
    async *events() {
      for (;;) {
        const event = arrived.shift();
        if (event !== undefined) {
          yield event;
          if (event.kind === "end") return;
        } else if (state === "closed") {
          return;
        } else if (state === "broken") {
          throw new AttachmentLostError(session);
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
    type(bytes) {
      for (let at = 0; at < bytes.length; at += MAX_FRAME_BYTES) {
        send(encodeFrame(FRAME.input, bytes.subarray(at, at + MAX_FRAME_BYTES)));
      }
    },
    resize: (cols, rows) => send(encodeFrame(FRAME.resize, encodeSize(cols, rows))),
    acknowledge(upTo) {
      shown = upTo;
      if (shown - acknowledged >= WORTH_ACKNOWLEDGING_BYTES) acknowledge();
      else acknowledgeSoon();
    },
    close() {
      state = "closed";
      // What was typed is still handed over.
      socket.end();
      wake();
    },
  };
}

/** The first line; what follows it stays in the socket, unread. */
function readFirstLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const settle = (act: () => void): void => {
      socket.off("readable", look).off("close", fail);
      act();
    };
    const fail = (): void => settle(() => reject(new Error("it was closed before an answer came")));
    const look = (): void => {
      for (let chunk: unknown = socket.read(); chunk instanceof Buffer; chunk = socket.read()) {
        received = Buffer.concat([received, chunk]);
      }
      const length = received.indexOf(LINE_FEED);
      if (length < 0) {
        if (received.length > MAX_ATTACH_LINE_BYTES) fail();
        return;
      }
      settle(() => {
        if (received.length > length + 1) socket.unshift(received.subarray(length + 1));
        resolve(received.toString("utf8", 0, length));
      });
    };
    socket.on("readable", look).on("close", fail);
  });
}

function refusalOf({ kind, message }: { readonly kind: string; readonly message: string }, session: string): Error {
  return isErrorKind(kind)
    ? new OrchastrationError(kind, message)
    : new AttachmentLostError(session, new Error(message));
}
