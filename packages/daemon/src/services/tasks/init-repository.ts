import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OrchastrationError } from "@orchastration/protocol";
import type { Params, Result } from "@orchastration/protocol/contract";
import { errorCode } from "@orchastration/protocol/node";
import type { TrustStore } from "../../trust/trust-store.ts";
import type { ConfigService } from "../config.ts";
import { productFolder, tasksFolder } from "./task-paths.ts";

/** Nothing is in force yet: every line is an example. */
const CONFIG = `# Configuration of this repository, meant to be committed. It is in force once \`orchastration trust\` has been given;
# \`orchastration config check\` checks it, docs/configuration.md of the product describes every key.

# [worktrees]
# include = [".env"]            # ignored files that every new worktree gets a copy of
# setup = ["npm", "ci"]         # runs in a new worktree before the agent

# [merge]
# strategy = "squash"           # or "rebase", "merge"

# [jobs.test]
# description = "All tests"
# command = ["npm", "test"]
`;

export type InitRepository = (params: Params<"repository.init">) => Promise<Result<"repository.init">>;

export interface InitRepositoryDependencies {
  readonly config: Pick<ConfigService, "surroundings">;
  readonly trust: Pick<TrustStore, "grant">;
  readonly isBare: (directory: string) => Promise<boolean>;
}

export function createInitRepository({ config, trust, isBare }: InitRepositoryDependencies): InitRepository {
  async function noRepository(directory: string): Promise<OrchastrationError> {
    if (!(await isBare(directory)))
      return new OrchastrationError("NoRepository", `${directory} lies in no git repository`);
    return new OrchastrationError("NoRepository", `${directory} is a bare repository, which has no place for tasks`, {
      hint: "Make a checkout of it, `git worktree add <directory>`, and change to that.",
    });
  }

  return async ({ context, tracksTasks = false }) => {
    const { repository: root } = await config.surroundings(context);
    if (root === null) throw await noRepository(context.cwd);
    const ignored = ["worktrees/", "logs.jsonl", ...(tracksTasks ? [] : ["tasks/"])];
    const folder = productFolder(root);
    const made = new Map([
      [".orchastration/tasks", await makeFolder(tasksFolder(root))],
      [".orchastration/.gitignore", await writeNew(join(folder, ".gitignore"), `${ignored.join("\n")}\n`)],
      [".orchastration/config.toml", await writeNew(join(folder, "config.toml"), CONFIG)],
    ]);
    // What we have just written needs nobody's trust; what was there does.
    if (made.get(".orchastration/config.toml") === true) await trust.grant(root);
    const names = (isNew: boolean): string[] => [...made].flatMap(([name, each]) => (each === isNew ? [name] : []));
    return { root, created: names(true), kept: names(false) };
  };
}

async function makeFolder(path: string): Promise<boolean> {
  return (await mkdir(path, { recursive: true })) !== undefined;
}

async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}
