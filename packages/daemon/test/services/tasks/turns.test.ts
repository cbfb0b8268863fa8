import { expect, test } from "vitest";
import { createTurns } from "../../../src/services/tasks/turns.ts";

test("steps of one thing happen one after another, in the order asked; another thing does not wait", async () => {
  const turns = createTurns();
  const done: string[] = [];
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const first = turns.inTurn("login", async () => {
    await held;
    done.push("first");
  });
  const second = turns.inTurn("login", async () => void done.push("second"));
  await turns.inTurn("other", async () => void done.push("other"));
  expect(done).toEqual(["other"]);
  letGo();
  await Promise.all([first, second]);
  expect(done).toEqual(["other", "first", "second"]);
});

test("a step that fails says so to whoever asked, and keeps nobody behind it from going on", async () => {
  const turns = createTurns();
  const failing = turns.inTurn("login", () => Promise.reject(new Error("no space")));
  const next = turns.inTurn("login", () => Promise.resolve("done"));
  await expect(failing).rejects.toThrow("no space");
  await expect(next).resolves.toBe("done");
});
