import { existsSync } from "node:fs";
import { expect } from "vitest";
import { everyByte, lostBytes } from "../../../../test/support/every-byte.ts";
import { createTask, createTestRepository, type TestRepository, type TestTask } from "./git-repository.ts";

export interface Scene {
  readonly repository: TestRepository;
  readonly task: TestTask;
}

/** A repository, a task with one commit of its own. */
export async function createScene(
  files: Readonly<Record<string, string | Buffer>> = { "README.md": "# Read me\n", shared: "one\ntwo\nthree\n" },
  work: Readonly<Record<string, string | Buffer>> = { "work.txt": "the work\n" },
): Promise<Scene> {
  const repository = createTestRepository(files);
  const task = await createTask(repository.root);
  if (Object.keys(work).length > 0) repository.commit(work, task.path);
  return { repository, task };
}

/** Merges, and expects a refusal that changed no ref and lost no byte. */
export async function expectRefusal(
  { repository, task }: Scene,
  refusal: object,
  changes: Parameters<TestTask["merge"]>[0] = {},
) {
  const checkouts = existsSync(task.path) ? [task.path] : [];
  const refs = () => repository.git("for-each-ref");
  const before = { bytes: everyByte(repository.root, ...checkouts), refs: refs() };
  expect(await task.merge(changes)).toMatchObject({ kind: "refused", refusal });
  expect(refs()).toBe(before.refs);
  expect(lostBytes(before.bytes, repository.root, ...checkouts)).toEqual([]);
}
