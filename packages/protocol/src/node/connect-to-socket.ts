import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { admitPipeClient, proveToPipeServer } from "./pipe-challenge.ts";
import { loadPipeSecret } from "./pipe-secret.ts";

/**
 * Connects to a daemon or supervisor of the state directory. Rejects with the system's error when nobody listens (ENOENT, ECONNREFUSED), and on
 * Windows when the other end cannot prove that it is ours.
 */
export async function connectToSocket(path: string, stateDir: string): Promise<Socket> {
  const socket = connect(path);
  await once(socket, "connect");
  if (process.platform === "win32") await proveToPipeServer(socket, await loadPipeSecret(stateDir));
  return socket;
}

/** The server's half: resolves when the connection may be read. Unix sockets are guarded by their mode and their directory. */
export async function admitConnection(socket: Socket, stateDir: string): Promise<void> {
  if (process.platform === "win32") await admitPipeClient(socket, await loadPipeSecret(stateDir));
}
