import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";

/** A folder of tasks in a folder of the product, in a repository. */
export function createTasksFolder() {
  const repository = temporaryDirectory();
  const directory = join(repository, ".orchastration", "tasks");
  mkdirSync(directory, { recursive: true });
  const pathOf = (name: string) => join(directory, name);
  return {
    repository,
    directory,
    pathOf,
    write(name: string, content: string | Uint8Array): string {
      writeFileSync(pathOf(name), content);
      return pathOf(name);
    },
    read: (name: string) => readFileSync(pathOf(name), "utf8"),
  };
}
