import { OrchastrationError } from "@orchastration/protocol";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { startToyDaemon } from "../../../test/support/toy-daemon.ts";
import { ConnectionClosedError, connectResiliently, DaemonUnreachableError } from "../src/index.ts";

const clientInfo = { name: "test", version: "1" };
const context = { cwd: "/", configFile: null };

test("a subscription outlives the connection: every event once, in order", async () => {
  const stateDir = temporaryDirectory();
  await using daemon = await startToyDaemon({ stateDir });
  const client = await connectResiliently({ stateDir, clientInfo });
  const seen: number[] = [];
  await client.subscribe({ since: 0 }, ({ seq }) => seen.push(seq));
  for (let round = 0; round < 3; round++) {
    daemon.commit("run.queued", "run:a");
    await expect.poll(() => seen.at(-1)).toBe(round * 2 + 1);
    daemon.dropConnections();
    daemon.commit("run.prepared", "run:a");
    await expect.poll(() => seen.at(-1)).toBe(round * 2 + 2);
  }
  expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  expect(daemon.subscriptions.map(({ since }) => since)).toEqual([0, 1, 3, 5]);
  client.close();
});

test("a question that the break left unanswered is asked again", async () => {
  const stateDir = temporaryDirectory();
  let asked = 0;
  await using daemon = await startToyDaemon({
    stateDir,
    handlers: {
      "job.list": () => {
        if (++asked === 1) daemon.dropConnections();
        return { jobs: [] };
      },
    },
  });
  const client = await connectResiliently({ stateDir, clientInfo });
  expect(await client.call("job.list", { context })).toEqual({ jobs: [] });
  expect(asked).toBe(2);
  client.close();
});

test("starting a run is never asked twice", async () => {
  const stateDir = temporaryDirectory();
  let asked = 0;
  await using daemon = await startToyDaemon({
    stateDir,
    handlers: {
      "run.rerun": () => {
        asked++;
        daemon.dropConnections();
        throw new OrchastrationError("DaemonStopping", "never sent");
      },
    },
  });
  const client = await connectResiliently({ stateDir, clientInfo });
  const rerun = client.call("run.rerun", { context, environment: {}, run: "7k3m" });
  await expect(rerun).rejects.toBeInstanceOf(ConnectionClosedError);
  expect(asked).toBe(1);
  client.close();
});

test("what a stopping daemon refuses is asked of its successor, a start of a run too", async () => {
  const stateDir = temporaryDirectory();
  let asked = 0;
  await using daemon = await startToyDaemon({
    stateDir,
    handlers: {
      "run.rerun": () => {
        if (++asked > 1) throw new OrchastrationError("RunNotFound", "the successor was asked");
        setImmediate(() => daemon.dropConnections());
        throw new OrchastrationError("DaemonStopping", "about to end");
      },
    },
  });
  const client = await connectResiliently({ stateDir, clientInfo });
  const rerun = client.call("run.rerun", { context, environment: {}, run: "7k3m" });
  await expect(rerun).rejects.toThrow("the successor was asked");
  client.close();
});

test("a daemon that stays away ends subscriptions and calls with the reason", async () => {
  const stateDir = temporaryDirectory();
  await using daemon = await startToyDaemon({ stateDir });
  const client = await connectResiliently({ stateDir, clientInfo });
  const subscription = await client.subscribe({}, () => {});
  await daemon.die();
  await expect(subscription.ended).rejects.toBeInstanceOf(DaemonUnreachableError);
  await expect(client.call("ping", {})).rejects.toBeInstanceOf(DaemonUnreachableError);
});

test("a subscription the successor refuses ends alone", async () => {
  const stateDir = temporaryDirectory();
  let isRefusing = false;
  await using daemon = await startToyDaemon({
    stateDir,
    handlers: {
      ping: () => ({}),
      "events.subscribe": () => {
        if (isRefusing) throw new OrchastrationError("InvalidSeq", "another log");
        return { subscriptionId: "s", headSeq: 0 };
      },
    },
  });
  const client = await connectResiliently({ stateDir, clientInfo });
  const subscription = await client.subscribe({}, () => {});
  isRefusing = true;
  daemon.dropConnections();
  await expect(subscription.ended).rejects.toThrow("another log");
  expect(await client.call("ping", {})).toEqual({});
  client.close();
});

test("close ends the connection for good", async () => {
  const stateDir = temporaryDirectory();
  await using daemon = await startToyDaemon({ stateDir });
  let losses = 0;
  const client = await connectResiliently({ stateDir, clientInfo, onLost: () => losses++ });
  client.close();
  await expect.poll(() => daemon.connectionCount).toBe(0);
  await expect(client.call("ping", {})).rejects.toBeInstanceOf(ConnectionClosedError);
  expect(losses).toBe(0);
});

test("the caller is told of a loss and of the way back", async () => {
  const stateDir = temporaryDirectory();
  await using daemon = await startToyDaemon({ stateDir });
  const told: string[] = [];
  const client = await connectResiliently({
    stateDir,
    clientInfo,
    onLost: () => told.push("lost"),
    onReconnected: () => told.push("reconnected"),
  });
  daemon.dropConnections();
  await expect.poll(() => told).toEqual(["lost", "reconnected"]);
  client.close();
});
