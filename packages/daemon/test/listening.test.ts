import { mkdir, mkdtempDisposable, rename, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readDaemonEndpoint } from "@orchastration/protocol/node";
import { expect, test } from "vitest";
import { prepareListening } from "../src/listening.ts";

test("a socket that vanished while nothing could be written is made anew as soon as that is possible", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "orchastration-"));
  const [stateDir, aside, runtimeDir] = ["state", "aside", "run"].map((name) => join(dir.path, name));
  if (stateDir === undefined || aside === undefined || runtimeDir === undefined) throw new Error("three names");
  await mkdir(stateDir, { mode: 0o700 });
  const failed = Promise.withResolvers<unknown>();
  const renewed = Promise.withResolvers<string>();
  const listening = await prepareListening({
    stateDir,
    namedSocket: null,
    runtimeDirs: [runtimeDir],
    startedAt: new Date(),
    env: {},
    onRelisten: renewed.resolve,
    onError: failed.resolve,
  });
  const servers: Server[] = [];
  await listening.open((server) => servers.push(server));
  try {
    await rename(stateDir, aside);
    await writeFile(stateDir, "in the way");
    await rm(dirname(listening.socket()), { recursive: true });
    await failed.promise;

    await rm(stateDir);
    await rename(aside, stateDir);
    const socket = await renewed.promise;
    expect(readDaemonEndpoint(stateDir)).toMatchObject({ isPresent: true, endpoint: { socket } });
    expect(servers).toHaveLength(2);
  } finally {
    await listening.close();
    for (const server of servers) server.close();
  }
});
