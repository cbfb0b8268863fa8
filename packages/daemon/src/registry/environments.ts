import { createHmac, hash } from "node:crypto";
import type { EnvironmentNames, EnvironmentReader, EnvironmentWriter } from "./api.ts";
import type { Database } from "./database.ts";
import { createRecentlyUsed } from "./recently-used.ts";

/** 16 bytes: enough that two values never meet by chance. */
const DIGEST_CHARACTERS = 32;
/** Environments seen lately. Most runs come from the same few shells. */
const REMEMBERED = 64;

export interface Environments extends EnvironmentReader, EnvironmentWriter {
  /** What was interned may have been undone with its transaction. */
  forget(): void;
}

/** Environments by what identifies them. Digests are keyed with the registry's salt, so that a guessed value cannot be compared with another machine's. */
export function createEnvironments(database: Database, salt: Uint8Array): Environments {
  const insert = database.prepare<[string, string]>(
    "INSERT INTO environments (digest, names) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING",
  );
  const select = database.prepare<[string], { names: string }>("SELECT names FROM environments WHERE digest = ?");
  /** Fingerprint of names and values, which is written nowhere -> digest. */
  const recent = createRecentlyUsed<string, string>(REMEMBERED);

  const digestOf = (text: string): string =>
    createHmac("sha256", salt).update(text).digest("hex").slice(0, DIGEST_CHARACTERS);

  function write(entries: readonly (readonly [string, string])[]): string {
    // The name is part of it: two names with one value must not be seen to have the same.
    const names = JSON.stringify(
      Object.fromEntries(entries.map(([name, value]) => [name, digestOf(`${name}=${value}`)])),
    );
    const digest = digestOf(names);
    insert.run(digest, names);
    return digest;
  }

  return {
    find(digest) {
      const row = select.get(digest);
      return row === undefined ? undefined : (JSON.parse(row.names) as EnvironmentNames);
    },
    intern(environment) {
      const entries = Object.entries(environment).toSorted(([a], [b]) => (a < b ? -1 : 1));
      const fingerprint = hash("sha256", JSON.stringify(entries));
      const digest = recent.get(fingerprint) ?? write(entries);
      recent.set(fingerprint, digest);
      return digest;
    },
    forget: () => recent.clear(),
  };
}
