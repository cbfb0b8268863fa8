import { expect, test } from "vitest";
import { afterNotice, describeCut, describeStanding, type Standing } from "../../src/terminal/standing.ts";

const OWN = { cols: 80, rows: 24 };
const PARTS = { command: "vim", detachKeys: "ctrl-q", takeKeys: "ctrl-t" };
const controller: Standing = { isReadOnly: false, isController: true, size: OWN };
const watcher: Standing = { isReadOnly: true, isController: false, size: { cols: 100, rows: 30 } };

test("the title says who controls, which keys there are, and what cannot be seen", () => {
  expect(describeStanding(controller, OWN, PARTS)).toBe("vim (ctrl-q detaches)");
  const without = afterNotice(controller, { kind: "control-taken", by: "x" });
  expect(describeStanding(without, OWN, PARTS)).toBe(
    "another client controls vim (ctrl-t takes control, ctrl-q detaches)",
  );
  expect(describeStanding(afterNotice(without, { kind: "control-given" }), OWN, PARTS)).toBe("vim (ctrl-q detaches)");
  expect(describeStanding(watcher, OWN, PARTS)).toBe("watching vim, 100x30, cut to 80x24 here (ctrl-q detaches)");
});

test("a session that fits, or has our own size, is not cut", () => {
  expect(describeCut(watcher, { cols: 100, rows: 30 })).toBeUndefined();
  expect(describeCut(watcher, { cols: 120, rows: 29 })).toBe("100x30, cut to 120x29 here");
  expect(describeCut(afterNotice(watcher, { kind: "resized", cols: 80, rows: 20 }), OWN)).toBeUndefined();
  expect(describeCut({ ...watcher, isController: true }, OWN)).toBeUndefined();
});

test("other notices change nothing", () => {
  expect(afterNotice(watcher, { kind: "input-refused" })).toBe(watcher);
  expect(afterNotice(watcher, { kind: "skipped", from: 0, to: 1 })).toBe(watcher);
  expect(afterNotice(watcher, { kind: "news", title: "fix-login is idle", body: "1-fix-login" })).toBe(watcher);
});
