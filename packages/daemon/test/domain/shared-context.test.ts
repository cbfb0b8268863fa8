import type { SharedContext } from "@orchastration/protocol/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyChanges, changesOf, emptyContext } from "../../src/domain/shared-context.ts";

const words = fc.array(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 4 });
const report = fc.stringMatching(/^[a-z]{0,6}$/);

/** What a role makes of the context it was given: all of it, with something of its own. */
function answerOf(given: SharedContext, own: { outputs: string[]; report: string }): SharedContext {
  return {
    ...given,
    "build.outputs": [...given["build.outputs"], ...own.outputs],
    "review.report": `${given["review.report"]}\n${own.report}`,
  };
}

describe("the shared context", () => {
  test("loses nothing of what roles of one group add, in whichever order they end", () => {
    const roles = fc.array(fc.record({ outputs: words, report }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(words, report, roles, (outputs, earlier, own) => {
        const given = { ...emptyContext("goal"), "build.outputs": [...new Set(outputs)], "review.report": earlier };
        const changes = own.map((role) => changesOf(given, answerOf(given, role)));
        const after = changes.reduce<SharedContext>((current, change) => applyChanges(current, given, change), given);
        expect(new Set(after["build.outputs"])).toEqual(new Set([...outputs, ...own.flatMap((role) => role.outputs)]));
        expect(new Set(after["build.outputs"]).size).toBe(after["build.outputs"].length);
        const reports = [earlier, ...own.map((role) => role.report)].filter((text) => text !== "");
        expect(after["review.report"]).toBe(reports.join("\n\n"));
      }),
    );
  });

  test("takes what a role repeats for no change", () => {
    const given = { ...emptyContext("goal"), "plan.tasks": ["a"], "review.report": "fine" };
    expect(changesOf(given, given)).toEqual({});
    expect(changesOf(given, {})).toEqual({});
  });

  test("lets no review of a group outvote one that asks for changes, and a later group replace it", () => {
    const given = emptyContext(null);
    const objected = applyChanges(given, given, { "review.status": "changes_requested" });
    const outvoted = applyChanges(objected, given, { "review.status": "approved" });
    expect(outvoted["review.status"]).toBe("changes_requested");
    expect(applyChanges(outvoted, outvoted, { "review.status": "approved" })["review.status"]).toBe("approved");
  });
});
