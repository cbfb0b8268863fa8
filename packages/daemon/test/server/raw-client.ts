import { once } from "node:events";
import { connect, type Socket } from "node:net";

export type Json = Record<string, unknown>;

/** A connection without any of our own code between the test and the bytes. */
export interface RawClient {
  readonly socket: Socket;
  write(bytes: string | Uint8Array): void;
  /** Writes one request as a line. */
  send(id: unknown, method: string, params?: unknown): void;
  notify(method: string, params: unknown): void;
  /** The next line, parsed. Rejects when the connection ends first. */
  next(): Promise<Json>;
  /** Sends a request and gives the next line, which is to be its answer. */
  call(id: unknown, method: string, params?: unknown): Promise<Json>;
  initialize(): Promise<Json>;
  /** Every line until the connection ends. */
  rest(): Promise<Json[]>;
}

export const INITIALIZE = { protocolVersion: { min: 1, max: 1 }, clientInfo: { name: "test", version: "1.0.0" } };

export async function connectRaw(path: string): Promise<RawClient> {
  const socket = connect(path);
  await once(socket, "connect");
  const lines: Json[] = [];
  const waiters: PromiseWithResolvers<Json>[] = [];
  let text = "";
  let isClosed = false;
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    const parts = (text + chunk).split("\n");
    text = parts.pop() ?? "";
    for (const part of parts) {
      const line: Json = JSON.parse(part);
      const waiter = waiters.shift();
      if (waiter === undefined) lines.push(line);
      else waiter.resolve(line);
    }
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    isClosed = true;
    for (const waiter of waiters) waiter.reject(new Error("the connection was closed"));
  });

  const client: RawClient = {
    socket,
    write: (bytes) => void socket.write(bytes),
    send: (id, method, params) => client.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`),
    notify: (method, params) => client.write(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`),
    next() {
      const waiter = Promise.withResolvers<Json>();
      const line = lines.shift();
      if (line !== undefined) waiter.resolve(line);
      else if (isClosed) waiter.reject(new Error("the connection was closed"));
      else waiters.push(waiter);
      return waiter.promise;
    },
    call(id, method, params) {
      client.send(id, method, params);
      return client.next();
    },
    initialize: () => client.call("initialize", "initialize", INITIALIZE),
    async rest() {
      await closed(socket);
      return lines.splice(0);
    },
  };
  return client;
}

/** Not `once`, which takes the error of a broken connection for its own. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}
