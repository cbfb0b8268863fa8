import { OrchastrationError } from "@orchastration/protocol";
import { GitError } from "../../git/git-error.ts";

/** Runs a step of git and says what went wrong as clients are told it. */
export async function withGit<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw gitFailure(error);
  }
}

/** What git did not do, as an error of the wire; any other error as it is. */
function gitFailure(error: unknown): unknown {
  if (!(error instanceof GitError)) return error;
  if (error.failure.kind === "not-found")
    return new OrchastrationError("GitUnavailable", error.message, { cause: error });
  return new OrchastrationError("GitFailed", error.message, { cause: error });
}
