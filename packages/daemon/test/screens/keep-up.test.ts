import { expect, it } from "vitest";
import { keepUp } from "../../src/screens/keep-up.ts";

const PIECE = 10;

/** @param growth of what is followed, in each pause in turn; nothing from then on */
async function follow(growth: readonly number[]): Promise<readonly string[]> {
  const story: string[] = [];
  const left = [...growth];
  let end = 100;
  let position = 0;
  await keepUp({
    endOffset: () => end,
    isBehind: () => position < end,
    async pause() {
      story.push("pause");
      end += left.shift() ?? 0;
    },
    async step() {
      position = Math.min(end, position + PIECE);
      story.push(`at ${position}`);
    },
    pieceBytes: PIECE,
  });
  return story;
}

it("takes a piece after each pause until it has caught up with what grows slowly", async () => {
  const story = await follow([9, 9]);
  expect(story.filter((entry) => entry === "pause")).toHaveLength(12);
  expect(story.slice(0, 4)).toEqual(["pause", "at 10", "pause", "at 20"]);
  expect(story.at(-1)).toBe("at 118");
});

it("takes nothing while there comes more than it could take, and everything afterwards", async () => {
  const story = await follow([10, 500, 10]);
  expect(story.slice(0, 5)).toEqual(["pause", "pause", "pause", "pause", "at 10"]);
  expect(story.at(-1)).toBe("at 620");
});
