import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

export interface Message {
  readonly jsonrpc?: string;
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Record<string, unknown> };
}

/** A socket with nothing of ours between the test and the daemon: the wire as any other program would speak it. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string | Buffer): void;
  send(message: unknown): void;
  /** The next line from the daemon; rejects when the connection ends before one. */
  next(): Promise<Message>;
  /** Lines until one satisfies the condition, that one included. */
  nextUntil(condition: (message: Message) => boolean): Promise<Message[]>;
  /** Sends a request and answers its response; what arrives before it is kept for `next`. */
  call(id: string | number, method: string, params?: unknown): Promise<Message>;
  readonly ended: Promise<void>;
  close(): void;
}

export async function connectRaw(path: string): Promise<RawConnection> {
  const socket = connect(path);
  await once(socket, "connect");
  const lines: string[] = [];
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  createInterface({ input: socket }).on("line", (line) => {
    const waiter = waiting.shift();
    if (waiter === undefined) lines.push(line);
    else waiter.resolve(line);
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    for (const { reject } of waiting.splice(0)) reject(new Error("the daemon closed the connection"));
    end();
  });

  async function next(): Promise<Message> {
    const line =
      lines.shift() ??
      (await new Promise<string>((resolve, reject) => {
        if (socket.closed) reject(new Error("the daemon closed the connection"));
        else waiting.push({ resolve, reject });
      }));
    return JSON.parse(line) as Message;
  }

  async function nextUntil(condition: (message: Message) => boolean): Promise<Message[]> {
    const seen: Message[] = [];
    for (;;) {
      const message = await next();
      seen.push(message);
      if (condition(message)) return seen;
    }
  }

  return {
    socket,
    write: (text) => void socket.write(text),
    send: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    next,
    nextUntil,
    async call(id, method, params) {
      socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) })}\n`);
      const seen = await nextUntil((message) => message.id === id && message.method === undefined);
      lines.unshift(...seen.slice(0, -1).map((message) => JSON.stringify(message)));
      return seen.at(-1) ?? {};
    },
    ended,
    close: () => socket.destroy(),
  };
}

export const INITIALIZE = {
  protocolVersion: { min: 1, max: 1 },
  clientInfo: { name: "a test", version: "1.0.0" },
};
