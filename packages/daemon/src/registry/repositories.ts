import type { Database } from "./database.ts";

/** Paths of repositories, which rows name by a number. */
export interface Repositories {
  /** Undefined for a path that no row names. */
  find(path: string): number | undefined;
  /** Gives a path its number on first use. */
  intern(path: string): number;
}

export function createRepositories(database: Database): Repositories {
  const select = database.prepare<[string], number>("SELECT key FROM repositories WHERE path = ?").pluck();
  const insert = database.prepare<[string]>("INSERT INTO repositories (path) VALUES (?)");
  return {
    find: (path) => select.get(path),
    intern: (path) => select.get(path) ?? Number(insert.run(path).lastInsertRowid),
  };
}
