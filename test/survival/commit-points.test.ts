import { describe, expect, test } from "vitest";
import { until } from "../support/until.ts";
import { COMMIT_POINTS, type CommitPoint } from "./commit-point.ts";
import { expectKept } from "./expect-kept.ts";
import { createStage, type Stage } from "./stage.ts";

const isWhole = process.env.ORCHASTRATION_SURVIVAL !== undefined;
/** The quick ones: where what is new takes the place of what was. */
const chosen = COMMIT_POINTS.filter(({ call }) => isWhole || call.startsWith("rename") || call === "writev");
const named = chosen.map((point) => [`${point.what}: ${point.point}`, point] as const);

/** Runs the command with a trap at that step of its end. */
async function endUnder(stage: Stage, { what, role, call, path }: CommitPoint, action: "SIGKILL" | "EIO") {
  await stage.startDaemon();
  stage.run(...(what === "journal of a terminal" ? ["--tty"] : []));
  // A terminal's first write may come before its command, which would end uncounted with its supervisor.
  await stage.untilStarted();
  await stage.untilRunning();
  stage.arm({ role, call, path, action });
  stage.openGate();
}

describe("SIGKILL of whoever writes", () => {
  test.each(named)("%s", async (_name, point) => {
    await using stage = createStage();
    await endUnder(stage, point, "SIGKILL");
    await until(() => stage.isSprung);
    switch (point.what) {
      case "record of a run":
        return await expectKept(stage, "recorded");
      case "exit of a session":
        return await expectKept(stage, "lost");
      case "journal of a terminal":
        return await expectKept(stage, "cut");
    }
  });
});

describe("an error of a write, mended later", () => {
  test.each(named)("%s", async (_name, point) => {
    await using stage = createStage();
    await endUnder(stage, point, "EIO");
    // What cannot be written hides nothing: the client learns the end. A terminal's is told when its journal has been tried.
    expect((await stage.waiting?.outcome)?.code).toBe(7);
    stage.disarm();
    await expectKept(stage, "recorded");
  });
});
