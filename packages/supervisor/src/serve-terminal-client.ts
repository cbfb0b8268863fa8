import type { Socket } from "node:net";
import { OrchastrationError, VERSION } from "@orchastration/protocol";
import {
  type AttachRequest,
  formatAttachAnswer,
  parseAttachRequest,
  STREAM_VERSIONS,
} from "@orchastration/protocol/stream";
import type { Sessions } from "./sessions.ts";

export function isAttachLine(line: string): boolean {
  try {
    return parseAttachRequest(line) !== undefined;
  } catch {
    return true;
  }
}

/** @param socket its first line has been peeked at and is still to be read */
export async function serveTerminalClient(socket: Socket, line: string, sessions: Sessions): Promise<void> {
  try {
    const request = requestOf(line);
    const terminal = await sessions.terminalOf(request.session);
    if (socket.destroyed) return;
    takeLine(socket);
    terminal.attach(socket, request);
  } catch (error) {
    if (!(error instanceof OrchastrationError)) throw error;
    socket.end(formatAttachAnswer({ error: { kind: error.kind, message: error.message } }));
    socket.resume();
  }
}

function requestOf(line: string): AttachRequest {
  const request = parse(line);
  const { version } = request;
  const { min, max } = STREAM_VERSIONS;
  if (version >= min && version <= max) return request;
  throw new OrchastrationError(
    "ProtocolVersionUnsupported",
    `This session's supervisor (orchastration ${VERSION}) speaks versions ${min} to ${max} of the terminal stream, the client version ${version}.`,
    { hint: "Use a client of the supervisor's version, or end the session and start it anew." },
  );
}

function parse(line: string): AttachRequest {
  try {
    const request = parseAttachRequest(line);
    if (request !== undefined) return request;
    throw new TypeError("there is no attach request");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new OrchastrationError("InvalidParams", `Cannot attach: ${error.message}.`);
  }
}

/** All that came with it was put back in one piece. */
function takeLine(socket: Socket): void {
  const received: unknown = socket.read();
  if (!(received instanceof Buffer)) return;
  const rest = received.subarray(received.indexOf("\n") + 1);
  if (rest.length > 0) socket.unshift(rest);
}
