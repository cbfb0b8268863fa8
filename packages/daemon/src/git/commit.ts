import { GitError, lastLines } from "./git-error.ts";
import type { DisarmedGit } from "./local-commands.ts";
import { type Git, readGit } from "./run-git.ts";

export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  /** GIT_AUTHOR_*: the author of a commit that is made again. Absent: the user. */
  readonly author?: Readonly<Record<string, string>>;
}

export type CommitProblem =
  | { readonly kind: "identity-missing"; readonly why: string }
  | { readonly kind: "signing-failed"; readonly why: string };

export type Committed = { readonly kind: "committed"; readonly commit: string } | CommitProblem;

/** A person may have to touch a key or type a passphrase. */
const SIGNING_DEADLINE_MS = 120_000;

export type Commit = (commit: NewCommit) => Promise<Committed>;

/**
 * Makes commits under the name the user has told git, signed where the user has asked for that (`commit.gpgSign`, which the plumbing by itself does
 * not look at), with no hook and no checkout.
 */
export async function createCommitter({ git }: DisarmedGit): Promise<Commit | CommitProblem> {
  const problem = await findIdentityProblem(git);
  if (problem !== undefined) return problem;
  const isSigned = await isOn(git, "commit.gpgSign");
  return async ({ tree, parents, message, author }) => {
    const args = [
      "commit-tree",
      ...(isSigned ? ["-S"] : []),
      ...parents.flatMap((parent) => ["-p", parent]),
      "-F",
      "-",
      tree,
    ];
    const call = { input: message, isWrite: true, deadlineMs: SIGNING_DEADLINE_MS };
    try {
      const commit = await readGit(git, args, author === undefined ? call : { ...call, variables: author });
      return { kind: "committed", commit };
    } catch (error) {
      if (!isSigned || !(error instanceof GitError)) throw error;
      const why = error.failure.kind === "exit" ? lastLines(error.failure.stderr) : error.message;
      return { kind: "signing-failed", why };
    }
  };
}

export async function findIdentityProblem(git: Git): Promise<CommitProblem | undefined> {
  const { code, stderr } = await git(["var", "GIT_COMMITTER_IDENT"], { accept: [0, 1, 128] });
  return code === 0 ? undefined : { kind: "identity-missing", why: lastLines(stderr) };
}

export async function isOn(git: Git, key: string): Promise<boolean> {
  const { stdout } = await git(["config", "--type=bool", "--get", key], { accept: [0, 1, 128] });
  return stdout.toString("utf8").trim() === "true";
}
