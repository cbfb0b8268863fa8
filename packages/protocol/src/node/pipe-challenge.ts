import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Duplex } from "node:stream";

/**
 * Windows pipes have no owner a client could look at before it talks, so both ends prove that they can read the same secret file of the user's
 * profile. Before any other byte:
 *   client -> server  32 bytes: nonce
 *   server -> client  32 bytes: nonce, 32 bytes: proof of the server
 *   client -> server  32 bytes: proof of the client
 * A proof is HMAC-SHA-256 of the secret over the role and both nonces: neither a recording nor the peer's own proof can be played back.
 */
export const PIPE_SECRET_BYTES = 32;
const NONCE_BYTES = 32;
const PROOF_BYTES = 32;

/** Milliseconds until a peer that does not finish the exchange is dropped. */
export const PIPE_CHALLENGE_DEADLINE_MS = 2000;

export interface ChallengeOptions {
  readonly deadlineMs?: number;
}

/** Server's side. Resolves when the peer has proved itself; otherwise the stream is destroyed and the promise rejected. */
export function admitPipeClient(stream: Duplex, secret: Uint8Array, options: ChallengeOptions = {}): Promise<void> {
  return exchange(stream, options, async (read) => {
    const clientNonce = await read(NONCE_BYTES);
    const serverNonce = randomBytes(NONCE_BYTES);
    stream.write(Buffer.concat([serverNonce, proofOf("server", secret, clientNonce, serverNonce)]));
    requireEqual(await read(PROOF_BYTES), proofOf("client", secret, clientNonce, serverNonce));
  });
}

/** Client's side of the same. Nothing but the nonce is sent to a server that has not proved itself. */
export function proveToPipeServer(stream: Duplex, secret: Uint8Array, options: ChallengeOptions = {}): Promise<void> {
  return exchange(stream, options, async (read) => {
    const clientNonce = randomBytes(NONCE_BYTES);
    stream.write(clientNonce);
    const serverNonce = await read(NONCE_BYTES);
    requireEqual(await read(PROOF_BYTES), proofOf("server", secret, clientNonce, serverNonce));
    stream.write(proofOf("client", secret, clientNonce, serverNonce));
  });
}

function proofOf(role: "client" | "server", secret: Uint8Array, clientNonce: Buffer, serverNonce: Buffer): Buffer {
  if (secret.length !== PIPE_SECRET_BYTES) throw new Error(`The pipe secret has ${secret.length} bytes instead of 32.`);
  return createHmac("sha256", secret).update(role).update(clientNonce).update(serverNonce).digest();
}

function requireEqual(received: Buffer, expected: Buffer): void {
  if (!timingSafeEqual(received, expected)) {
    throw new Error(
      "The other end of the pipe does not know the secret: it is not the process the endpoint record names.",
    );
  }
}

type ReadExactly = (bytes: number) => Promise<Buffer>;

async function exchange(
  stream: Duplex,
  options: ChallengeOptions,
  talk: (read: ReadExactly) => Promise<void>,
): Promise<void> {
  const deadlineMs = options.deadlineMs ?? PIPE_CHALLENGE_DEADLINE_MS;
  const timer = setTimeout(
    () => stream.destroy(new Error(`The other end of the pipe did not prove itself within ${deadlineMs} ms.`)),
    deadlineMs,
  );
  try {
    await talk((bytes) => readExactly(stream, bytes));
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Leaves everything behind the asked bytes in the stream's own buffer for its later reader. */
function readExactly(stream: Duplex, bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      stream.off("readable", take).off("error", fail).off("close", end).off("end", end);
      outcome();
    };
    const take = (): void => {
      const chunk: unknown = stream.read(bytes);
      if (chunk instanceof Buffer && chunk.length === bytes) settle(() => resolve(chunk));
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const end = (): void => fail(new Error("The other end closed the pipe before it proved itself."));
    if (stream.destroyed || stream.readableEnded) return end();
    stream.on("readable", take).on("error", fail).on("close", end).on("end", end);
    take();
  });
}
