import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { wantsColor } from "../../src/output/colors.ts";

const terminal = Object.assign(new PassThrough(), { isTTY: true });
const pipe = new PassThrough();

test.each<[string, Record<string, string>, boolean, boolean, boolean]>([
  ["a terminal", {}, true, true, true],
  ["a pipe", {}, true, false, false],
  ["a terminal that cannot", { TERM: "dumb" }, true, true, false],
  ["NO_COLOR on a terminal", { NO_COLOR: "1" }, true, true, false],
  ["an empty NO_COLOR", { NO_COLOR: "" }, true, true, true],
  ["FORCE_COLOR on a pipe", { FORCE_COLOR: "1" }, true, false, true],
  ["FORCE_COLOR=0 on a terminal", { FORCE_COLOR: "0" }, true, true, false],
  ["NO_COLOR against FORCE_COLOR", { NO_COLOR: "1", FORCE_COLOR: "1" }, true, true, false],
  ["--no-color against FORCE_COLOR", { FORCE_COLOR: "1" }, false, true, false],
])("%s", (_name, env, isAllowed, isTerminal, expected) => {
  expect(wantsColor(isTerminal ? terminal : pipe, { env, isAllowed })).toBe(expected);
});
