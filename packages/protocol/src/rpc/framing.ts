import { OrchastrationError } from "../errors.ts";
import { createByteQueue } from "./byte-queue.ts";

/** One JSON text per line, or LSP's `Content-Length` header before each text. */
export type Framing = "lines" | "content-length";

/** Takes a stream apart into messages. Its bytes may be cut anywhere, also within a character. */
export interface Decoder {
  /** How the other end frames: told by its first byte that is not blank, `lines` until then. */
  readonly framing: Framing;
  push(bytes: Uint8Array): void;
  /**
   * The next whole message, or undefined until more bytes are pushed. A message that is no UTF-8 is the empty text.
   * @throws {OrchastrationError} LimitExceeded or ParseError: the stream cannot be read any further.
   */
  next(): string | undefined;
}

/** For the header block of one message. LSP knows two headers, both short. */
const HEADER_LIMIT_BYTES = 1_024;

export function createDecoder(messageLimitBytes: number): Decoder {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  const input = createByteQueue(messageLimitBytes);
  let framing: Framing | undefined;
  /** Length of the message whose header has been read. */
  let bodyBytes: number | undefined;

  function takeText(bytes: number): string {
    if (bytes > messageLimitBytes) throw tooLong(messageLimitBytes);
    try {
      return utf8.decode(input.take(bytes));
    } catch {
      return "";
    }
  }

  function nextLine(): string | undefined {
    const length = input.indexOfLineFeed();
    if (length >= 0) return takeText(length);
    if (input.length > messageLimitBytes) throw tooLong(messageLimitBytes);
    return undefined;
  }

  function nextBody(): string | undefined {
    bodyBytes ??= takeHeader();
    if (bodyBytes === undefined) return undefined;
    if (bodyBytes > messageLimitBytes) throw tooLong(messageLimitBytes);
    if (input.length < bodyBytes) return undefined;
    const body = takeText(bodyBytes);
    bodyBytes = undefined;
    return body;
  }

  function takeHeader(): number | undefined {
    const block = String.fromCharCode(...input.peek(HEADER_LIMIT_BYTES));
    const end = /\r?\n\r?\n/.exec(block);
    if (end !== null) {
      input.take(end.index + end[0].length);
      return readContentLength(block.slice(0, end.index));
    }
    if (block.length === HEADER_LIMIT_BYTES) throw badHeader(`No end of the header within ${HEADER_LIMIT_BYTES} bytes`);
    return undefined;
  }

  return {
    get framing() {
      return framing ?? "lines";
    },
    push: input.push,
    next() {
      if (bodyBytes === undefined) input.skipBlank();
      if (input.length === 0 && bodyBytes === undefined) return undefined;
      framing ??= /^c/i.test(String.fromCharCode(...input.peek(1))) ? "content-length" : "lines";
      return framing === "lines" ? nextLine() : nextBody();
    },
  };
}

/** The message as the other end wants it. */
export function encodeFrame(message: string, framing: Framing): string {
  if (framing === "lines") return `${message}\n`;
  return `Content-Length: ${new TextEncoder().encode(message).length}\r\n\r\n${message}`;
}

function readContentLength(block: string): number {
  const lengths = block
    .split("\n")
    .map((field) => /^content-length[ \t]*:[ \t]*(\d{1,15})[ \t]*\r?$/i.exec(field)?.[1])
    .filter((length) => length !== undefined);
  if (lengths.length !== 1) throw badHeader("The header of a message has one Content-Length, a number of bytes");
  return Number(lengths[0]);
}

function badHeader(problem: string): OrchastrationError {
  return new OrchastrationError("ParseError", `${problem}.`);
}

function tooLong(limitBytes: number): OrchastrationError {
  return new OrchastrationError("LimitExceeded", `A message is longer than ${limitBytes} bytes.`, {
    details: { limitBytes },
  });
}
