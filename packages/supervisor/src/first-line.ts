import type { Socket } from "node:net";

/** Without a line end by then it is no attach line, whatever it is. */
const LIMIT_BYTES = 64 * 1024;

/** The first line that arrives, which stays unread for whoever reads the socket next; undefined when the socket ends before. */
export function peekFirstLine(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const settle = (line: string | undefined): void => {
      socket.off("readable", look).off("close", end).off("end", end);
      resolve(line);
    };
    const look = (): void => {
      for (let chunk: unknown = socket.read(); chunk instanceof Buffer; chunk = socket.read()) {
        received = Buffer.concat([received, chunk]);
      }
      const length = received.indexOf("\n");
      if (length < 0 && received.length <= LIMIT_BYTES) return;
      socket.unshift(received);
      settle(received.toString("utf8", 0, Math.max(0, length)));
    };
    const end = (): void => settle(undefined);
    socket.on("readable", look).on("close", end).on("end", end);
  });
}
