import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { everyByte, lostBytes } from "../../../../test/support/every-byte.ts";
import { MERGE_STEPS } from "../../src/domain/fault-point.ts";
import { type MergeIntent, mergeTask, recognizeMerge } from "../../src/git/merge.ts";
import { createScene, type Scene } from "./merge-scene.ts";

describe("a process killed while it merges", () => {
  const fixture = fileURLToPath(new URL("fixtures/merge-and-die.ts", import.meta.url));

  test.each(MERGE_STEPS)("at %s has lost nothing, and the next one knows what happened", async (step) => {
    const scene = await createScene();
    const { repository, task } = scene;
    repository.write("new", "1\n", task.path);
    repository.write("README.md", "by hand\n");
    const before = everyByte(repository.root, task.path);
    const intentFile = join(dirname(repository.root), "intent.json");
    const plan = JSON.stringify(task.mergePlan({ hasDirtyIncluded: true }));
    const killed = spawnSync(process.execPath, ["--conditions=source", fixture, plan, step, intentFile]);
    expect(killed.signal).toBe("SIGKILL");
    expect(lostBytes(before, repository.root, task.path)).toEqual([]);
    if (existsSync(intentFile)) {
      const intent = JSON.parse(readFileSync(intentFile, "utf8")) as MergeIntent;
      const kind = step === "merge-applied" ? "applied" : "not-applied";
      expect(await recognizeMerge(task.plan.commonDir, intent)).toEqual({ kind });
    } else expect(["dirty-included", "merge-computed"]).toContain(step);
    const again = await task.merge({ hasDirtyIncluded: true });
    expect(again).toMatchObject(
      step === "merge-applied" ? { refusal: { kind: "already-merged" } } : { kind: "merged", commits: 2 },
    );
    expect(repository.git("show", "main:new")).toBe("1");
    expect(repository.git("status", "--porcelain")).toBe("M README.md");
    expect(lostBytes(before, repository.root, task.path)).toEqual([]);
  });
});

describe("after an interruption", () => {
  const interrupt = async ({ task }: Scene, at: string): Promise<MergeIntent | undefined> => {
    let intent: MergeIntent | undefined;
    const merging = mergeTask(task.mergePlan(), {
      recordIntent: async (recorded) => {
        intent = recorded;
      },
      onStep: (step) => {
        if (step === at) throw new Error("interrupted");
      },
    });
    await expect(merging).rejects.toThrow("interrupted");
    return intent;
  };

  test("before anything was intended, the next merge goes through", async () => {
    const scene = await createScene();
    expect(await interrupt(scene, "merge-computed")).toBeUndefined();
    expect(await scene.task.merge()).toMatchObject({ kind: "merged" });
  });

  test("between intent and ref, the merge is known not to have happened", async () => {
    const scene = await createScene();
    const intent = await interrupt(scene, "merge-intended");
    if (intent === undefined) throw new Error("no intent");
    expect(await recognizeMerge(scene.task.plan.commonDir, intent)).toEqual({ kind: "not-applied" });
    expect(await scene.task.merge()).toMatchObject({ kind: "merged" });
  });

  test("between ref and registry, the merge is known to have happened, also when the base went on since", async () => {
    const scene = await createScene();
    const intent = await interrupt(scene, "merge-applied");
    if (intent === undefined) throw new Error("no intent");
    expect(await recognizeMerge(scene.task.plan.commonDir, intent)).toEqual({ kind: "applied" });
    scene.repository.commit({ later: "1\n" });
    expect(await recognizeMerge(scene.task.plan.commonDir, intent)).toEqual({ kind: "applied" });
  });

  test("a base that went elsewhere is told", async () => {
    const scene = await createScene();
    const intent = await interrupt(scene, "merge-intended");
    if (intent === undefined) throw new Error("no intent");
    const to = scene.repository.commit({ later: "1\n" });
    expect(await recognizeMerge(scene.task.plan.commonDir, intent)).toEqual({ kind: "base-moved", to });
    scene.repository.git("switch", "-q", "--detach");
    scene.repository.git("branch", "-D", "main");
    expect(await recognizeMerge(scene.task.plan.commonDir, intent)).toEqual({ kind: "base-moved", to: null });
  });

  test("between the commit of dirty files and the merge, nothing is committed twice", async () => {
    const scene = await createScene();
    scene.repository.write("new", "1\n", scene.task.path);
    const merging = mergeTask(scene.task.mergePlan({ hasDirtyIncluded: true }), {
      recordIntent: async () => {},
      onStep: () => {
        throw new Error("interrupted");
      },
    });
    await expect(merging).rejects.toThrow("interrupted");
    expect(await scene.task.merge({ hasDirtyIncluded: true })).toMatchObject({ kind: "merged", commits: 2 });
  });
});
