import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Run, StoredEvent } from "@orchastration/protocol/contract";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import type { RunReader } from "../../src/registry/registry.ts";
import { createReadOutput } from "../../src/services/read-output.ts";

type Listener = (events: readonly StoredEvent[]) => void;

/** A run with pipes that lives, and how often it was looked at. */
function liveRun() {
  const directory = temporaryDirectory();
  const output = { stdoutPath: join(directory, "out.log"), stderrPath: join(directory, "err.log") };
  writeFileSync(output.stdoutPath, "");
  const run = { id: "7k3m9q2x5r8t", isTty: false, output, state: { status: "running" } } as Run;
  const listeners = new Set<Listener>();
  let looks = 0;
  const runs = {
    get: () => {
      looks += 1;
      return run;
    },
  } as unknown as RunReader;
  const read = createReadOutput({
    runs,
    onCommitted(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
  return {
    run,
    read,
    looks: () => looks,
    listenerCount: () => listeners.size,
    commit(entity: string) {
      for (const listener of listeners) listener([{ entity } as StoredEvent]);
    },
  };
}

test("whoever waits for output looks again for events of its own run, and not for those of others", async () => {
  const { run, read, looks, commit, listenerCount } = liveRun();
  const answer = read(run, { fromOffset: 0, waitMs: 60_000 }, AbortSignal.timeout(60_000));
  expect(listenerCount()).toBe(1);
  for (let others = 0; others < 100; others++) {
    commit("run:000000000000");
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(looks()).toBe(1);
  commit(`run:${run.id}`);
  await expect.poll(looks).toBe(2);
  appendFileSync(run.output.stdoutPath, "more");
  expect(await answer).toMatchObject({ data: Buffer.from("more").toString("base64"), nextOffset: 4 });
  expect(listenerCount()).toBe(0);
});
