import type { Socket } from "node:net";
import { OrchastrationError } from "../errors.ts";
import { createDecoder, encodeFrame } from "../rpc/framing.ts";
import { MAX_RESPONSE_BYTES } from "../rpc/limits.ts";
import type { Transport } from "../rpc/transport.ts";
import { errorResponse } from "../rpc/wire-error.ts";

export interface SocketTransportOptions {
  /** A longer message ends the connection, after an error that says so. Default: {@link MAX_RESPONSE_BYTES}. */
  readonly inboundLimitBytes?: number;
  /**
   * While more than this waits for the other end, its messages are left unread. For servers only: when neither end reads before it has
   * written, both wait for ever. Default: no limit.
   */
  readonly pauseAboveBytes?: number;
}

/** Messages delivered before other connections have their turn. */
const MESSAGES_PER_TURN = 32;

/** Milliseconds in which the other end of a connection being closed can take what was sent. */
const CLOSE_DEADLINE_MS = 2_000;

/**
 * Carries messages over a connected socket, framed as the other end frames, in lines until it has sent something. What is sent at once is
 * one write. `bufferedBytes` counts a character as one byte: close enough for flow control, and free.
 */
export function createSocketTransport(socket: Socket, options: SocketTransportOptions = {}): Transport {
  const { inboundLimitBytes = MAX_RESPONSE_BYTES, pauseAboveBytes = Number.POSITIVE_INFINITY } = options;
  const decoder = createDecoder(inboundLimitBytes);
  const messageListeners: ((message: string) => void)[] = [];
  const closeListeners: ((reason: Error | null) => void)[] = [];
  const drainListeners: (() => void)[] = [];
  let unwritten = "";
  let state: "reading" | "waiting-for-turn" | "waiting-for-drain" | "closing" = "reading";
  let reason: Error | null = null;

  const bufferedBytes = () => unwritten.length + socket.writableLength;

  function send(message: string): void {
    if (state === "closing") return;
    // Behind the answers that are ready as well.
    if (unwritten === "") queueMicrotask(flush);
    unwritten += encodeFrame(message, decoder.framing);
  }

  function flush(): void {
    const text = unwritten;
    unwritten = "";
    if (text !== "" && socket.writable) socket.write(text, onWritten);
  }

  function onWritten(): void {
    if (bufferedBytes() > 0) return;
    for (const listener of drainListeners) listener();
    if (state === "waiting-for-drain") deliver();
  }

  function deliver(): void {
    for (let count = 0; count < MESSAGES_PER_TURN; count++) {
      if (state === "closing") return;
      if (bufferedBytes() > pauseAboveBytes) return wait("waiting-for-drain");
      const message = nextMessage();
      if (message === undefined) return read();
      for (const listener of messageListeners) listener(message);
    }
    wait("waiting-for-turn");
    setImmediate(deliver);
  }

  function nextMessage(): string | undefined {
    try {
      return decoder.next();
    } catch (error) {
      if (!(error instanceof OrchastrationError)) throw error;
      reason = error;
      send(errorResponse(null, error));
      close();
      return undefined;
    }
  }

  function wait(until: "waiting-for-turn" | "waiting-for-drain"): void {
    state = until;
    socket.pause();
  }

  function read(): void {
    if (state === "reading" || state === "closing") return;
    state = "reading";
    socket.resume();
  }

  function close(): void {
    if (state === "closing") return;
    flush();
    state = "closing";
    socket.end();
    // Whatever still comes is thrown away. Left unread, it would make the system reset the connection before our last words are taken.
    socket.resume();
    const deadline = setTimeout(() => socket.destroy(), CLOSE_DEADLINE_MS).unref();
    socket.once("close", () => clearTimeout(deadline));
  }

  socket.on("data", (bytes: Buffer) => {
    if (state === "closing") return;
    decoder.push(bytes);
    if (state === "reading") deliver();
  });
  socket.on("end", close);
  socket.on("error", (error) => {
    reason ??= error;
  });
  socket.on("close", () => {
    state = "closing";
    for (const listener of closeListeners) listener(reason);
  });

  return {
    send,
    get bufferedBytes() {
      return bufferedBytes();
    },
    onMessage: (listener) => void messageListeners.push(listener),
    onClose: (listener) => void closeListeners.push(listener),
    onDrain: (listener) => void drainListeners.push(listener),
    close,
    destroy() {
      state = "closing";
      socket.destroy();
    },
  };
}
