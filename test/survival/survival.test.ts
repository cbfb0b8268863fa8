import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "../support/home.ts";
import type { TriedCell } from "./cell.ts";
import { nameOf, renderSurvival } from "./document.ts";
import { ELSEWHERE, UNTRIED } from "./elsewhere.ts";
import { expectKept } from "./expect-kept.ts";
import { TRIED } from "./matrix.ts";
import { createStage } from "./stage.ts";

/** `npm run test:survival` tries all of it, every other run of the tests the quick cells. */
const isWhole = process.env.ORCHASTRATION_SURVIVAL !== undefined;
const chosen = TRIED.filter(({ isLong }) => isWhole || isLong !== true);
const document = join(PROJECT_ROOT, "docs/survival.md");

const held = new Set<TriedCell>();

afterAll(() => {
  if (process.env.ORCHASTRATION_SURVIVAL !== "write") return;
  const left = chosen.filter((cell) => cell.canBeTried !== false && !held.has(cell));
  if (left.length > 0) throw new Error(`${document} stays as it is: ${left.map(nameOf).join("; ")} did not hold`);
  writeFileSync(
    document,
    renderSurvival((cell) => held.has(cell)),
  );
});

describe("a run survives", () => {
  test.for(chosen.map((cell) => [nameOf(cell), cell] as const))("%s", async ([, cell], { skip }) => {
    skip(cell.canBeTried === false, "the machine does not let us");
    await using stage = createStage();
    await cell.act(stage);
    if (cell.clientCode !== undefined) {
      expect((await stage.waiting?.outcome)?.code).toBe(cell.clientCode);
    }
    await expectKept(stage, cell.outcome);
    held.add(cell);
  });
});

describe("the table", () => {
  test("names every cell once", () => {
    const names = [...TRIED, ...ELSEWHERE, ...UNTRIED].map(nameOf);
    expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
    expect(TRIED.length).toBeGreaterThanOrEqual(25);
  });

  test.each(ELSEWHERE.map((cell) => [nameOf(cell), cell] as const))(
    "%s is tried where it says",
    (_name, { file, test: title }) => {
      expect(readFileSync(join(PROJECT_ROOT, file), "utf8")).toContain(title);
    },
  );

  test.skipIf(process.env.ORCHASTRATION_SURVIVAL === "write")("is what docs/survival.md shows", () => {
    expect(readFileSync(document, "utf8")).toBe(renderSurvival(() => true));
  });
});
