import { access, readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "@orchastration/protocol/node";
import { createFileDigests } from "./file-digest.ts";
import { findNamedFiles, type NamedCommand } from "./named-files.ts";
import { type Grants, readGrants, type TrustedFile, writeGrants } from "./trust-file.ts";

/** What can make a repository run something, relative to its root. */
const projectFile = ".orchastration/config.toml";

interface CurrentFile {
  readonly path: string;
  /** null: it cannot be read, and so not be trusted. */
  readonly sha256: string | null;
}

interface FileChange {
  readonly path: string;
  readonly change: "added" | "removed" | "modified";
}

export interface TrustDescription {
  /** Canonical path. */
  readonly root: string;
  readonly isTrusted: boolean;
  /** The project file and the repository's files that its commands name, as they are now. */
  readonly files: readonly CurrentFile[];
  /** Since trust was given; empty when it never was. */
  readonly changed: readonly FileChange[];
  /** Those of the agents' own folders that exist. */
  readonly agentFolders: readonly string[];
}

/** Which repositories may run their own commands. Any change of a file that matters ends the trust. */
export interface TrustStore {
  isTrusted(root: string): Promise<boolean>;
  describe(root: string): Promise<TrustDescription>;
  /**
   * @param shown what the person saw: when the files are no longer those, nothing is granted
   * @returns what is trusted now, or, where `isTrusted` is false, what stands in the way
   */
  grant(root: string, shown?: readonly CurrentFile[]): Promise<TrustDescription>;
  /** False when it was not trusted. */
  revoke(root: string): Promise<boolean>;
}

export interface TrustStoreDependencies {
  /** `trust.json` in the state directory. */
  readonly file: string;
  /** What agents may run by their own rules, relative to a repository's root: a person is told before trusting. */
  readonly agentFolders: readonly string[];
  /** The commands in the text of a project file. */
  listCommands(root: string, projectFile: Uint8Array): readonly NamedCommand[];
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export function createTrustStore(dependencies: TrustStoreDependencies): TrustStore {
  const { file, listCommands, now = Date.now } = dependencies;
  const digests = createFileDigests(now);
  let lastChange: Promise<unknown> = Promise.resolve();

  /** One after the other: each reads the file, and writes it as a whole. */
  const change = <Result>(edit: (grants: Grants) => Promise<{ grants: Grants; result: Result }>): Promise<Result> => {
    const next = lastChange.then(async () => {
      const before = await readGrants(file);
      const { grants, result } = await edit(before);
      if (grants !== before) await writeGrants(file, grants);
      return result;
    });
    lastChange = next.catch(() => undefined);
    return next;
  };

  const listFiles = async (root: string): Promise<CurrentFile[]> => {
    const project = await readIfPresent(join(root, projectFile));
    if (project === undefined) return [];
    const named = await findNamedFiles(root, listCommands(root, project));
    const paths = [...new Set([projectFile, ...named])].sort();
    return Promise.all(paths.map(async (path) => ({ path, sha256: await digests.digest(join(root, path)) })));
  };

  const inspect = async (root: string, grants: Grants) => {
    const files = await listFiles(root);
    const granted = Object.hasOwn(grants, root) ? grants[root]?.files : undefined;
    const changed = granted === undefined ? [] : compare(granted, files);
    return { root, isTrusted: granted !== undefined && changed.length === 0, files, changed };
  };

  const describe = async (root: string, grants: Grants): Promise<TrustDescription> => ({
    ...(await inspect(root, grants)),
    agentFolders: await findPresent(root, dependencies.agentFolders),
  });

  return {
    async isTrusted(root) {
      return (await inspect(await realpath(root), await readGrants(file))).isTrusted;
    },
    async describe(root) {
      return describe(await realpath(root), await readGrants(file));
    },
    async grant(root, shown) {
      const canonical = await realpath(root);
      return change(async (before) => {
        const description = await describe(canonical, before);
        const files = description.files.filter(isReadable);
        const isAsShown = shown === undefined || compare(shown, description.files).length === 0;
        if (!isAsShown || files.length < description.files.length) return { grants: before, result: description };
        const result = { ...description, isTrusted: true, changed: [] };
        return { grants: { ...before, [canonical]: { files } }, result };
      });
    },
    async revoke(root) {
      const canonical = await realpath(root).catch(() => root);
      return change(async (before) => {
        const { [canonical]: revoked, ...rest } = before;
        return revoked === undefined ? { grants: before, result: false } : { grants: rest, result: true };
      });
    },
  };
}

/** A file that cannot be read is never the same. */
function compare(before: readonly CurrentFile[], after: readonly CurrentFile[]): FileChange[] {
  const hashes = new Map(before.map(({ path, sha256 }) => [path, sha256]));
  const paths = new Set(after.map(({ path }) => path));
  return [
    ...after.flatMap(({ path, sha256 }): FileChange[] => {
      if (!hashes.has(path)) return [{ path, change: "added" }];
      return sha256 === null || hashes.get(path) !== sha256 ? [{ path, change: "modified" }] : [];
    }),
    ...before.flatMap(({ path }): FileChange[] => (paths.has(path) ? [] : [{ path, change: "removed" }])),
  ];
}

function isReadable(file: CurrentFile): file is TrustedFile {
  return file.sha256 !== null;
}

/** A file that is there and cannot be read has no commands we know of; its digest says that it cannot be trusted. */
async function readIfPresent(file: string): Promise<Uint8Array | undefined> {
  return readFile(file).catch((error: unknown) => (errorCode(error) === "ENOENT" ? undefined : new Uint8Array()));
}

async function findPresent(root: string, names: readonly string[]): Promise<string[]> {
  const found = names.map(async (name) => {
    const exists = await access(join(root, name)).then(
      () => true,
      () => false,
    );
    return exists ? [name] : [];
  });
  return (await Promise.all(found)).flat();
}
