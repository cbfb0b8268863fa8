import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { journalIndexPath, openJournal } from "@orchastration/protocol/node";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { until } from "../../../test/support/until.ts";
import { createIndexFile } from "../src/journal/index-file.ts";
import { command, pidsOf, spawnParams, stdoutOf } from "./support/commands.ts";
import { createSessionSet } from "./support/session-set.ts";

describe("a session whose output the daemon has claimed", () => {
  test("is refused by whoever was asked without the claim, and started by whoever has it", async () => {
    const [silent, other] = [createSessionSet(), createSessionSet()];
    const params = spawnParams([command("write-and-exit.sh"), "10", "3"]);
    writeFileSync(params.output.stdoutPath, "");
    await other.spawn({ ...params, isClaimed: true });
    await expect(silent.spawn(params)).rejects.toMatchObject({ kind: "SpawnFailed" });
    expect(await other.exitOf(params.session)).toMatchObject({ exit: { code: 3 }, stdoutBytes: 10 });
    expect(stdoutOf(params)).toHaveLength(10);
  });

  test("stays claimed when it cannot be started", async () => {
    const params = spawnParams(["/does/not/exist"]);
    writeFileSync(params.output.stdoutPath, "");
    await expect(createSessionSet().spawn({ ...params, isClaimed: true })).rejects.toMatchObject({
      kind: "CommandNotFound",
    });
    expect(existsSync(params.output.stdoutPath)).toBe(true);
  });

  test("has an index that is used, and kept when nothing comes of it", async () => {
    const directory = temporaryDirectory();
    const path = journalIndexPath(directory);
    writeFileSync(path, "");
    expect(() => createIndexFile(directory, false)).toThrow("EEXIST");
    createIndexFile(directory, true).discard();
    expect(readFileSync(path)).toHaveLength(0);
    const index = createIndexFile(directory, true);
    await index.append([{ kind: "resize", atMs: 0, offset: 0, cols: 80, rows: 24 }]);
    index.close();
    expect(openJournal(directory).endOffset).toBe(0);
    expect(readFileSync(path).length).toBeGreaterThan(0);
    rmSync(path);
    expect(() => createIndexFile(directory, true)).toThrow("ENOENT");
  });
});

test("a session that another supervisor holds is ended with its whole tree, and that one reports it", async () => {
  const [holder, other] = [createSessionSet(), createSessionSet()];
  const params = spawnParams([command("ignore-sigterm.sh")]);
  const { process } = await holder.spawn(params);
  await until(() => stdoutOf(params).length > 0);
  const end = { session: params.session, process, hasTerminal: false, graceMs: 1 };
  expect(await other.endElsewhere(end)).toBe(0);
  expect(await pidsOf(params.session)).toEqual([]);
  expect(await holder.exitOf(params.session)).toMatchObject({ exit: { signal: "SIGKILL" }, stopReason: null });
  expect(other.list()).toEqual([]);
});
