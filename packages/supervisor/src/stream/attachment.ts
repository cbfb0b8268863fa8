import type { Socket } from "node:net";
import type { JournalSlice } from "@orchastration/protocol/node";
import {
  createFrameDecoder,
  decodeNumber,
  decodeSize,
  encodeFrame,
  encodeNotice,
  encodeNumber,
  FRAME,
  type FrameType,
  type Notice,
} from "@orchastration/protocol/stream";
import type { Size } from "../terminal/pty.ts";
import { nextStep } from "./budget.ts";
import type { Candidate } from "./controller.ts";

const OUTPUT_FRAME_BYTES = 64 * 1024;
/** Beside its output. A client that lets more answers and notices pile up never reads. */
const UNREAD_LIMIT_BYTES = 64 * 1024;

/** The output of a terminal, as an attachment reads it. */
export interface OutputSource {
  readonly endOffset: number;
  read(offset: number, maxBytes: number): JournalSlice;
}

export interface AttachmentEvents {
  onInput(bytes: Uint8Array): void;
  onSize(size: Size): void;
  onClosed(): void;
}

export interface AttachmentTerms extends Candidate {
  readonly from: number;
  /** Up to here output is not skipped. */
  readonly historyEnd: number;
  readonly budgetBytes: number;
}

/** One client of a terminal. */
export interface Attachment extends Candidate {
  /** Sends what may be sent now. */
  pump(): void;
  notify(notice: Notice): void;
  /** No output will follow. Ends the stream once the client has got, or skipped, the rest. */
  finish(): void;
  /** While paused nothing the client says is read, and the client has to wait with it. */
  pauseInput(): void;
  resumeInput(): void;
}

/** Speaks frames over a socket from which the attach line has been taken and the answer written. */
export function createAttachment(
  socket: Socket,
  terms: AttachmentTerms,
  output: OutputSource,
  events: AttachmentEvents,
): Attachment {
  const { id, mode, historyEnd, budgetBytes } = terms;
  let { size, from: next } = terms;
  let acknowledged = next;
  let isFinal = false;
  let isEnded = false;

  const decoder = createFrameDecoder((type, payload) => {
    switch (type) {
      case FRAME.input:
        return events.onInput(Uint8Array.from(payload));
      case FRAME.resize:
        return take(decodeSize(payload));
      case FRAME.ping:
        return send(FRAME.pong, payload);
      case FRAME.ack:
        acknowledged = Math.min(next, Math.max(acknowledged, decodeNumber(payload)));
        return pump();
    }
  });

  /** A terminal that does not know its size says 0. */
  function take(wanted: Size): void {
    if (wanted.cols === 0 || wanted.rows === 0) return;
    size = wanted;
    events.onSize(size);
  }

  function send(type: FrameType, payload: Uint8Array): void {
    if (isEnded || socket.destroyed) return;
    socket.write(encodeFrame(type, payload));
    if (socket.writableLength > budgetBytes + UNREAD_LIMIT_BYTES) socket.destroy();
  }

  function skip(to: number): void {
    send(FRAME.notice, encodeNotice({ kind: "skipped", from: next, to }));
    next = acknowledged = to;
  }

  function sendOutput(bytes: number): void {
    const slice = output.read(next, Math.min(bytes, OUTPUT_FRAME_BYTES));
    // Dropped from the journal, or the journal removed as a whole.
    if (slice.offset > next) skip(slice.offset);
    if (slice.bytes.length === 0) return skip(output.endOffset);
    send(FRAME.output, slice.bytes);
    next += slice.bytes.length;
  }

  function pump(): void {
    if (isEnded || socket.destroyed) return;
    socket.cork();
    for (;;) {
      const step = nextStep({ next, acknowledged, historyEnd, end: output.endOffset, budgetBytes });
      if (step.kind === "wait") break;
      if (step.kind === "skip") skip(step.to);
      else sendOutput(step.bytes);
    }
    if (isFinal && next >= output.endOffset) {
      send(FRAME.end, encodeNumber(output.endOffset));
      isEnded = true;
      socket.end();
    }
    socket.uncork();
  }

  socket.on("data", (bytes: Buffer) => {
    try {
      decoder.push(bytes);
    } catch {
      // What follows a broken frame cannot be understood.
      socket.destroy();
    }
  });
  socket.once("close", events.onClosed);

  return {
    id,
    mode,
    get size() {
      return size;
    },
    pump,
    notify: (notice) => send(FRAME.notice, encodeNotice(notice)),
    finish() {
      isFinal = true;
      // The program takes nothing any more, and the end of a client that is not read goes unnoticed.
      socket.resume();
      pump();
    },
    pauseInput: () => void socket.pause(),
    resumeInput: () => void socket.resume(),
  };
}
