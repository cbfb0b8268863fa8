import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { describe, expect, test } from "vitest";
import { isSupported } from "../../scripts/runtime.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly engines?: { readonly node?: string };
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface LockedPackage {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly integrity?: string;
  readonly license?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const readManifest = (folder: string): Manifest => JSON.parse(read(join(folder, "package.json")));
const workspaces = readManifest(".").workspaces ?? [];
const manifests = [".", ...workspaces].map(readManifest);
const locked: Readonly<Record<string, LockedPackage>> = JSON.parse(read("package-lock.json")).packages;

const isOurs = (name: string): boolean => name.startsWith("@orchastration/");
const dependenciesOf = (manifest: Manifest) =>
  Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies });
const foreignDependencies = [
  ...new Set(manifests.flatMap(dependenciesOf).flatMap(([name]) => (isOurs(name) ? [] : [name]))),
].toSorted();

test("the top level holds what it must and nothing else", () => {
  const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0");
  const topLevel = new Set(tracked.filter((path) => path !== "").map((path) => path.replace(/\/.*/, "/")));
  const files = ["LICENSE", "NOTICE", "README.md", "package-lock.json", "package.json", "tsconfig.json"];
  const hidden = [".ci/", ".gitattributes", ".gitignore", ".npmrc"];
  const folders = ["configs/", "docs/", "packages/", "scripts/", "test/"];
  expect(topLevel).toEqual(new Set([...files, ...hidden, ...folders]));
});

test("the licence is the AGPL, version 3, in every place that names one", () => {
  expect(read("LICENSE")).toMatch(/^\s*GNU AFFERO GENERAL PUBLIC LICENSE\s+Version 3, 19 November 2007/);
  expect(new Set(manifests.map(({ license }) => license))).toEqual(new Set(["AGPL-3.0-only"]));
});

describe("dependencies", () => {
  test("are pinned to exact versions, those of ours to the version in this checkout", () => {
    const versions = new Map(manifests.map(({ name, version }) => [name, version]));
    for (const [name, version] of manifests.flatMap(dependenciesOf)) {
      if (isOurs(name)) expect(version, name).toBe(versions.get(name));
      else expect(version, name).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/);
    }
  });

  test("each have a reason in docs/adr/0006-dependencies.md, and every reason has its dependency", () => {
    const rows = [...read("docs/adr/0006-dependencies.md").matchAll(/^\| (?<names>[^|]+) \| [^|]+ \|$/gm)];
    const explained = rows
      .flatMap((row) => row.groups?.["names"]?.split(", ") ?? [])
      .filter((name) => name !== "package");
    expect(explained.toSorted()).toEqual(foreignDependencies);
  });

  test("of the running program are listed in NOTICE with their licences", () => {
    const needed = Object.entries(locked).filter(
      ([path, entry]) => path.includes("node_modules/") && !entry.link && !entry.dev && !entry.devOptional,
    );
    const expected = new Set(needed.map(([path, { license }]) => `${path.split("node_modules/").at(-1)} ${license}`));
    const noticed = [...read("NOTICE").matchAll(/^(?<name>\S+) {2,}(?<license>\S+) {2,}\S/gm)];
    expect(noticed.map(({ groups }) => `${groups?.["name"]} ${groups?.["license"]}`)).toEqual([...expected].toSorted());
  });

  test("between packages are the same for npm and for the compiler", () => {
    for (const folder of workspaces) {
      const { references }: { references: readonly { path: string }[] } = JSON.parse(
        read(join(folder, "tsconfig.json")),
      );
      const compiled = references.map(({ path }) => path.replace("../", "@orchastration/"));
      const declared = dependenciesOf(readManifest(folder)).map(([name]) => name);
      expect(declared.filter(isOurs).toSorted(), folder).toEqual(compiled.toSorted());
    }
  });
});

describe("the lockfile", () => {
  const entries = Object.entries(locked).filter(([path]) => path.includes("node_modules/"));

  test("names no host, and has the integrity of everything that is downloaded", () => {
    for (const [path, { link, resolved, integrity }] of entries) {
      if (link === true) expect(workspaces, path).toContain(resolved);
      else
        expect({ resolved, integrity }, path).toEqual({
          resolved: undefined,
          integrity: expect.stringMatching(/^sha512-/),
        });
    }
  });

  test("has the packages of every platform, without which npm ci refuses it", () => {
    const present = new Set(entries.map(([path]) => path.split("node_modules/").at(-1)));
    const missing = entries.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).flatMap((name) => (present.has(name) ? [] : [`${path}: ${name}`])),
    );
    expect(missing).toEqual([]);
  });
});

describe("the supported versions of Node", () => {
  test("are the same in every package", () => {
    expect(new Set(manifests.map(({ engines }) => engines?.node))).toEqual(new Set(["^24.16.0 || >=26"]));
  });

  test.each([
    ["20.20.2", false],
    ["22.23.0", false],
    ["24.15.9", false],
    ["24.16.0", true],
    ["24.21.0", true],
    ["25.9.0", false],
    ["26.0.0", true],
    ["27.1.0", true],
  ])("%s: %s", (version, expected) => {
    expect(isSupported(version)).toBe(expected);
    const launcher = read("packages/cli/bin/orchastration.cjs").replace(/^#!.*/, "");
    const loaded: string[] = [];
    const load = (name: string) => {
      loaded.push(name);
      return { existsSync: () => false, toPinnedRuntime() {} };
    };
    new Script(`(function (process, require, __dirname, __filename) {${launcher}\n})`).runInThisContext()(
      { versions: { node: version }, argv: [], stderr: { write() {} } },
      load,
      ".",
      "orchastration.cjs",
    );
    expect(loaded).toEqual([expected ? "fs" : "./hand-over.cjs"]);
  });
});

test("the files that packages point to exist once they are built", () => {
  for (const folder of workspaces) {
    const {
      bin = {},
      exports = {},
    }: { bin?: Record<string, string>; exports?: Record<string, Record<string, string>> } = JSON.parse(
      read(join(folder, "package.json")),
    );
    const targets = [...Object.values(bin), ...Object.values(exports).flatMap((entry) => Object.values(entry))];
    for (const target of targets) expect(existsSync(join(root, folder, target)), `${folder}: ${target}`).toBe(true);
  }
});

test("there is one decision per number in docs/adr", () => {
  const numbers = readdirSync(join(root, "docs/adr")).map((name) => name.slice(0, 4));
  expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(4, "0")));
});
