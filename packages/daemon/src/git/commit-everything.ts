import { type CommitProblem, findIdentityProblem } from "./commit.ts";
import { GitError, lastLines } from "./git-error.ts";
import { disarm } from "./local-commands.ts";
import { type Git, type GitPlace, gitAt, readItems, showPath } from "./run-git.ts";

export type CommitRefusal =
  /** A repository of its own would be committed as a mere number. */
  | { readonly kind: "nested-repositories"; readonly paths: readonly string[] }
  /** The filters stand in the repository's own configuration and are not run: the files would be committed unfiltered. */
  | { readonly kind: "filters-disabled"; readonly filters: readonly string[]; readonly paths: readonly string[] }
  | { readonly kind: "commit-failed"; readonly why: string };

/** Commits all that is uncommitted or untracked in a worktree, under the user's name, without hooks. Answers what spoke against it. */
export async function commitEverything(
  place: GitPlace,
  message: string,
  untracked: readonly string[],
): Promise<CommitRefusal | CommitProblem | undefined> {
  const nested = untracked.filter((path) => path.endsWith("/"));
  if (nested.length > 0) return { kind: "nested-repositories", paths: nested };
  const { git, filters } = await disarm(gitAt(place));
  const problem = await findIdentityProblem(git);
  if (problem !== undefined) return problem;
  const unfiltered = filters.length === 0 ? [] : await findFiltered(git, filters);
  if (unfiltered.length > 0) return { kind: "filters-disabled", filters, paths: unfiltered };
  try {
    await git(["add", "--all"], { isWrite: true });
    await git(["commit", "--quiet", "--no-verify", "--cleanup=whitespace", "-F", "-"], {
      input: message,
      isWrite: true,
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return {
      kind: "commit-failed",
      why: error.failure.kind === "exit" ? lastLines(error.failure.stderr) : error.message,
    };
  }
}

async function findFiltered(git: Git, filters: readonly string[]): Promise<string[]> {
  const list = ["ls-files", "-z", "--modified", "--others", "--exclude-standard"];
  const input = Buffer.from((await readItems(git, list)).map((path) => `${path}\0`).join(""), "latin1");
  const fields = await readItems(git, ["check-attr", "-z", "--stdin", "filter"], { input });
  return fields.flatMap((path, index) =>
    index % 3 === 0 && filters.includes(showPath(fields[index + 2] ?? "")) ? [showPath(path)] : [],
  );
}
