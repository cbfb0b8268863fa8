import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { FaultPointName } from "../../packages/daemon/src/domain/fault-point.ts";
import type { Home } from "../support/home.ts";
import { until } from "../support/until.ts";

/** A daemon in which the next passing of a step can be made to fail. */
export interface FaultyDaemon {
  /** The next to pass this step gets an error of the operating system. */
  failAt(step: FaultPointName): void;
  untilFailed(): Promise<void>;
}

/** What a person is told of it. */
export const failureAt = (step: FaultPointName): string => `EIO: injected error, ${step}`;

export async function startFaultyDaemon(home: Home): Promise<FaultyDaemon> {
  const file = join(home.dir, "fault");
  await home.cli(["daemon", "stop"]);
  const { code, stderr } = await home.cli(["daemon", "start"], { env: { ORCHASTRATION_FAULT: `@${file}` } });
  expect(code, stderr).toBe(0);
  return {
    failAt: (step) => writeFileSync(file, `${step}:daemon:EIO`),
    untilFailed: () => until(() => !existsSync(file)),
  };
}

/** The chain is whole, what is recorded is there, no run is held that has ended, and the next one works. */
export async function expectSound(home: Home): Promise<void> {
  const next = await home.cli(["run", "--", "echo", "next"]);
  expect({ code: next.code, stdout: next.stdout }).toEqual({ code: 0, stdout: "next\n" });
  expect(await home.cli(["audit", "verify"])).toMatchObject({ code: 0 });
  // What has ended is released, and its record written, after its outcome was told.
  await until(async () => (await home.json(["daemon", "status"])).sessions === 0);
  await until(async () => {
    const { findings } = (await home.json(["doctor"])) as { findings: { status: string }[] };
    return findings.every(({ status }) => status !== "error");
  });
}
