import {
  mkdir,
  mkdtempDisposable,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTrustStore, type TrustStore } from "../../src/trust/trust-store.ts";

interface Setting extends AsyncDisposable {
  readonly root: string;
  readonly trustFile: string;
  readonly store: TrustStore;
  /** Another one over the same file, as after a restart of the daemon. */
  openAgain(): TrustStore;
  write(file: string, text: string): Promise<string>;
}

/** The project file of these tests is a list of commands as JSON: the store does not know what it looks like. */
function listCommands(root: string, projectFile: Uint8Array) {
  const text = Buffer.from(projectFile).toString();
  const commands: unknown = text === "" ? [] : JSON.parse(text);
  if (!Array.isArray(commands)) throw new Error("not a list");
  return commands.map((argv: string[]) => ({ argv, workingDir: join(root, "sub") }));
}

async function arrange(commands: readonly (readonly string[])[]): Promise<Setting> {
  const directory = await mkdtempDisposable(join(tmpdir(), "orchastration-trust-"));
  const root = join(await realpath(directory.path), "repo");
  const trustFile = join(directory.path, "state", "trust.json");
  await mkdir(join(directory.path, "state"));
  const write = async (file: string, text: string) => {
    const path = join(root, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  };
  await write(".orchastration/config.toml", JSON.stringify(commands));
  const openAgain = () =>
    createTrustStore({ file: trustFile, agentFolders: [".opencode", ".codex", ".claude", ".mcp.json"], listCommands });
  return {
    root,
    trustFile,
    store: openAgain(),
    openAgain,
    write,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

const config = ".orchastration/config.toml";

describe("trust", () => {
  test("is not there until it is given, and stays over a restart", async () => {
    await using setting = await arrange([]);
    expect(await setting.store.isTrusted(setting.root)).toBe(false);
    const granted = await setting.store.grant(setting.root);
    expect(granted).toMatchObject({ root: setting.root, isTrusted: true, changed: [] });
    expect(await setting.store.isTrusted(setting.root)).toBe(true);
    expect(await setting.openAgain().isTrusted(setting.root)).toBe(true);
  });

  test("is kept where only the user can read it", async () => {
    await using setting = await arrange([]);
    await setting.store.grant(setting.root);
    expect((await stat(setting.trustFile)).mode & 0o777).toBe(0o600);
  });

  test("ends with any change of the project file, and says what changed", async () => {
    await using setting = await arrange([]);
    await setting.store.grant(setting.root);
    await setting.write(config, "[] ");
    expect(await setting.store.describe(setting.root)).toMatchObject({
      isTrusted: false,
      changed: [{ path: config, change: "modified" }],
    });
    await setting.write(config, "[]");
    expect(await setting.store.isTrusted(setting.root)).toBe(true);
  });

  test("ends when the project file is removed, or appears", async () => {
    await using setting = await arrange([]);
    await setting.store.grant(setting.root);
    await rm(join(setting.root, config));
    expect((await setting.store.describe(setting.root)).changed).toEqual([{ path: config, change: "removed" }]);
    await setting.store.grant(setting.root);
    await setting.write(config, "[]");
    expect((await setting.store.describe(setting.root)).changed).toEqual([{ path: config, change: "added" }]);
    expect(await setting.store.isTrusted(setting.root)).toBe(false);
  });

  test("covers every file in the repository that a command names", async () => {
    await using setting = await arrange([
      ["./run.sh", "../lib/a.js", "--config=tools/b.json", "/etc/hostname", "../../outside", "absent", "-la", ""],
      [join("/", "usr", "bin", "env"), "tools"],
    ]);
    await setting.write("sub/run.sh", "1");
    await setting.write("run.sh", "2");
    await setting.write("lib/a.js", "3");
    await setting.write("tools/b.json", "4");
    await setting.write("../outside", "5");
    await setting.write("unnamed", "6");
    const { files } = await setting.store.describe(setting.root);
    expect(files.map(({ path }) => path)).toEqual([config, "lib/a.js", "run.sh", "sub/run.sh", "tools/b.json"]);
    expect(files[2]?.sha256).toBe("d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35");
  });

  test.each(["sub/run.sh", "lib/a.js"])("ends when %s changes", async (named) => {
    await using setting = await arrange([["./run.sh", "../lib/a.js"]]);
    await setting.write("sub/run.sh", "echo good");
    await setting.write("lib/a.js", "good");
    await setting.store.grant(setting.root);
    await setting.write(named, "evil");
    expect(await setting.store.describe(setting.root)).toMatchObject({
      isTrusted: false,
      changed: [{ path: named, change: "modified" }],
    });
  });

  test("ends when a named file that was absent appears", async () => {
    await using setting = await arrange([["./run.sh"]]);
    await mkdir(join(setting.root, "sub"));
    await setting.store.grant(setting.root);
    await setting.write("sub/run.sh", "evil");
    expect((await setting.store.describe(setting.root)).changed).toEqual([{ path: "sub/run.sh", change: "added" }]);
  });

  test("ends when a link that a command names leads elsewhere", async () => {
    await using setting = await arrange([["./run.sh"]]);
    const good = await setting.write("../good", "good");
    const evil = await setting.write("../evil", "evil");
    await mkdir(join(setting.root, "sub"));
    await symlink(good, join(setting.root, "sub", "run.sh"));
    await setting.store.grant(setting.root);
    await rm(join(setting.root, "sub", "run.sh"));
    await symlink(evil, join(setting.root, "sub", "run.sh"));
    expect(await setting.store.isTrusted(setting.root)).toBe(false);
  });

  test("ends when a named file changes and keeps its size and time", async () => {
    await using setting = await arrange([["./run.sh"]]);
    const longAgo = new Date("2020-01-01");
    const file = await setting.write("sub/run.sh", "good");
    await utimes(file, longAgo, longAgo);
    await setting.store.grant(setting.root);
    expect(await setting.store.isTrusted(setting.root)).toBe(true);
    await writeFile(file, "evil");
    await utimes(file, longAgo, longAgo);
    expect(await setting.store.isTrusted(setting.root)).toBe(false);
  });

  test("is for a place: a copy elsewhere is not trusted, a link to it is", async () => {
    await using setting = await arrange([]);
    await setting.store.grant(setting.root);
    const link = `${setting.root}-link`;
    await symlink(setting.root, link);
    expect(await setting.store.isTrusted(link)).toBe(true);
    await rm(link);
    await rename(setting.root, link);
    expect(await setting.store.isTrusted(link)).toBe(false);
  });

  test("is taken back", async () => {
    await using setting = await arrange([]);
    await setting.store.grant(setting.root);
    expect(await setting.store.revoke(setting.root)).toBe(true);
    expect(await setting.store.isTrusted(setting.root)).toBe(false);
    expect(await setting.store.revoke(setting.root)).toBe(false);
  });

  test("can be taken back from a repository that is gone", async () => {
    await using setting = await arrange([]);
    await setting.store.grant(setting.root);
    await rm(setting.root, { recursive: true });
    expect(await setting.store.revoke(setting.root)).toBe(true);
  });

  test("given to several repositories at once is given to all", async () => {
    await using setting = await arrange([]);
    const roots = Array.from({ length: 10 }, (_, index) => join(setting.root, `nested-${index}`));
    for (const root of roots) await mkdir(root);
    await Promise.all(roots.map((root) => setting.store.grant(root)));
    for (const root of roots) expect(await setting.store.isTrusted(root)).toBe(true);
  });
});

describe("a person who is asked", () => {
  test("sees the agents' own folders", async () => {
    await using setting = await arrange([]);
    await setting.write(".claude/settings.json", "{}");
    await setting.write(".mcp.json", "{}");
    expect((await setting.store.describe(setting.root)).agentFolders).toEqual([".claude", ".mcp.json"]);
  });

  test("trusts what was shown and nothing that came in its place", async () => {
    await using setting = await arrange([]);
    const { files } = await setting.store.describe(setting.root);
    await setting.write(config, '[["evil"]]');
    const refused = await setting.store.grant(setting.root, files);
    expect(refused.isTrusted).toBe(false);
    expect(await setting.store.isTrusted(setting.root)).toBe(false);
    expect((await setting.store.grant(setting.root, refused.files)).isTrusted).toBe(true);
  });

  test("cannot trust what cannot be read", async () => {
    await using setting = await arrange([]);
    await rm(join(setting.root, config));
    // A link to itself is unreadable for everybody, root included.
    await symlink("config.toml", join(setting.root, config));
    expect(await setting.store.grant(setting.root)).toMatchObject({
      isTrusted: false,
      files: [{ path: config, sha256: null }],
    });
  });

  test("cannot trust a directory in place of the project file", async () => {
    await using setting = await arrange([]);
    await rm(join(setting.root, config));
    await mkdir(join(setting.root, config));
    expect(await setting.store.grant(setting.root)).toMatchObject({
      isTrusted: false,
      files: [{ path: config, sha256: null }],
    });
    expect(await setting.store.isTrusted(setting.root)).toBe(false);
  });
});

describe("a damaged record of trust", () => {
  test.each(["", "{", "[]", '{"version":2,"repositories":{}}', '{"version":1,"repositories":{"/x":{}}}'])(
    "trusts nothing, and is not written over: %s",
    async (text) => {
      await using setting = await arrange([]);
      await writeFile(setting.trustFile, text);
      await expect(setting.store.isTrusted(setting.root)).rejects.toThrow("no record of trusted repositories");
      await expect(setting.store.grant(setting.root)).rejects.toThrow(setting.trustFile);
      expect(await readFile(setting.trustFile, "utf8")).toBe(text);
      await rm(setting.trustFile);
      expect((await setting.store.grant(setting.root)).isTrusted).toBe(true);
    },
  );
});
