import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { open } from "./sample-runs.ts";

const intern = (registry: Registry, environment: Record<string, string>): Promise<string> =>
  registry.commit((tx) => tx.environments.intern(environment));

describe("environments", () => {
  test("have one digest exactly when names and values are the same, in whatever order, also after a restart", async () => {
    const stateDir = temporaryDirectory();
    const first = open(stateDir);
    const digest = await intern(first, { PATH: "/bin", HOME: "/home/ada" });
    expect(await intern(first, { HOME: "/home/ada", PATH: "/bin" })).toBe(digest);
    for (const other of [
      { PATH: "/bin", HOME: "/home/eve" },
      { PATH: "/bin" },
      { PATH: "/home/ada", HOME: "/bin" },
      {},
    ]) {
      expect(await intern(first, other)).not.toBe(digest);
    }
    first.close();
    const second = open(stateDir);
    expect(await intern(second, { PATH: "/bin", HOME: "/home/ada" })).toBe(digest);
    second.close();
  });

  test("are kept as names with digests that tell equal values apart only by name", async () => {
    const registry = open(temporaryDirectory());
    const digest = await intern(registry, { A: "same", B: "same", ["__proto__"]: "same", "": "" });
    const names = registry.environments.find(digest) ?? {};
    expect(Object.keys(names).toSorted()).toEqual(["", "A", "B", "__proto__"]);
    expect(new Set(Object.values(names)).size).toBe(4);
    for (const value of Object.values(names)) expect(value).toMatch(/^[0-9a-f]{32}$/);
    expect(registry.environments.find("unknown")).toBeUndefined();
    registry.close();
  });

  test("cannot be compared between two registries", async () => {
    const [one, other] = [open(temporaryDirectory()), open(temporaryDirectory())];
    expect(await intern(one, { A: "1" })).not.toBe(await intern(other, { A: "1" }));
    one.close();
    other.close();
  });

  test("leave no value in any file", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    await intern(registry, { TOKEN: "canary-5e0d7a", PATH: "/bin" });
    const files = readdirSync(stateDir).map((name) => readFileSync(join(stateDir, name), "latin1"));
    expect(files.some((content) => content.includes("TOKEN"))).toBe(true);
    expect(files.some((content) => content.includes("canary-5e0d7a"))).toBe(false);
    registry.close();
  });
});
