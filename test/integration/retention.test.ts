import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";

/** What is kept of terminals' output, and what is said of the rest. */

let home: Home;

beforeEach(() => {
  home = createHome();
});
afterEach(() => home[Symbol.asyncDispose]());

function configure(journal: string): void {
  home.writeConfig(`
    [jobs.talk]
    command = ["sh", "-c", "printf %1000s x"]
    tty = true
    [jobs.wait]
    command = ["sh", "-c", "printf %1000s x; cat"]
    tty = true
    [journal]
    ${journal}
  `);
}

const talk = async (): Promise<string> => String((await home.json(["run", "talk"])).run_id);
const sessions = (): string[] => readdirSync(join(home.stateDir, "sessions"));

async function outcome(id: string): Promise<Record<string, unknown>> {
  return await home.json(["show", id]);
}

describe("journal.max_bytes_total", () => {
  test("lets the sessions that ended first go, and show, logs, export, doctor and audit say so", async () => {
    configure("max_bytes_total = 2500");
    const first = await talk();
    const { stdout_path: link, stdout_sha256: digest } = await outcome(first);
    await talk();
    const third = await talk();
    await expect.poll(sessions).not.toContain(first);
    expect(sessions()).toContain(third);
    expect(existsSync(String(link))).toBe(false);

    expect((await home.cli(["show", first])).stdout).toMatch(
      /output +dropped by retention \(journal\.max_bytes_total\) at .*, 1000 B/,
    );
    expect(await outcome(first)).toMatchObject({ stdout_sha256: digest });
    const logs = await home.cli(["logs", first]);
    expect(logs).toMatchObject({ code: 0, stdout: "" });
    expect(logs.stderr).toContain("dropped by retention");
    expect((await home.cli(["export", first, "--asciicast"])).stderr).toContain("dropped by retention");
    expect(await home.json(["doctor"])).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ check: "output", status: "ok" })]),
    });
    const verified = await home.cli(["audit", "verify"]);
    expect(verified.code).toBe(0);
    expect(verified.stdout).toContain("1 dropped by retention");
  });

  test("leaves live sessions alone, however much they have put out", async () => {
    configure("max_bytes_total = 1500");
    const { stdout } = await home.cli(["run", "--detach", "wait"]);
    const live = stdout.trim();
    const ended = await talk();
    await expect.poll(sessions).toEqual([live]);
    expect((await home.cli(["show", ended])).stdout).toContain("dropped by retention");
    expect((await home.cli(["show", live])).stdout).not.toContain("dropped by retention");
  });
});

test("a deletion that was interrupted is finished by the next daemon, and what no run tells of is listed and kept", async () => {
  configure("max_bytes_total = 500");
  const id = await talk();
  await expect.poll(sessions).toEqual([]);
  await home.cli(["daemon", "stop"]);
  // As a daemon leaves it that is killed right after the commit.
  for (const name of [id, "000000000000"]) {
    mkdirSync(join(home.stateDir, "sessions", name));
    writeFileSync(join(home.stateDir, "sessions", name, "output.0.raw"), "x");
  }
  await home.cli(["daemon", "start"]);
  await expect.poll(sessions).toEqual(["000000000000"]);
  const { findings } = await home.json(["doctor"]);
  expect(findings).toContainEqual(
    expect.objectContaining({ check: "sessions", status: "warning", message: expect.stringContaining("000000000000") }),
  );
  expect(sessions()).toEqual(["000000000000"]);
});
