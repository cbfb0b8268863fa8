import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Actor, Context, Params, Result, Task } from "@orchastration/protocol/contract";
import { findBranchFault, workBranch } from "../domain/branch-name.ts";
import { issueText } from "../domain/issue-text.ts";
import { createBranch } from "../git/create-branch.ts";
import { lastLines } from "../git/git-error.ts";
import { openRepository } from "../git/repository.ts";
import { type GhOutcome, runGh } from "../git/run-gh.ts";
import type { Registry } from "../registry/registry.ts";
import type { TaskFile } from "../task-files/read-task-file.ts";
import { childEnvironment } from "./child-environment.ts";
import type { TaskActions } from "./planning/task-actions.ts";
import { resolveExecutable } from "./resolve-executable.ts";
import type { FoundTask, KnownTasks } from "./tasks/known-tasks.ts";
import { taskFilePath } from "./tasks/task-paths.ts";
import type { Turns } from "./tasks/turns.ts";
import { withGit } from "./tasks/with-git.ts";

/** A request to GitHub and its answer, with a slow network between. */
const GH_DEADLINE_MS = 60_000;
/** gh's word for: log in first. Source: gh help exit-codes. */
const UNAUTHENTICATED = 4;

/** What git and GitHub hold for a task, beside its worktree. Nothing is ever pushed. */
export interface TaskGit {
  createBranch(params: Params<"git.createBranch">, actor: Actor): Promise<Result<"git.createBranch">>;
  createIssue(params: Params<"git.createIssue">, actor: Actor, signal: AbortSignal): Promise<Result<"git.createIssue">>;
}

export interface TaskGitDependencies {
  readonly registry: Registry;
  readonly knownTasks: Pick<KnownTasks, "get">;
  readonly turns: Turns;
  readonly actions: TaskActions;
  readonly readTaskFile: (path: string) => Promise<TaskFile>;
}

export function createTaskGit({ registry, knownTasks, turns, actions, readTaskFile }: TaskGitDependencies): TaskGit {
  /** Does something in the task's turn, with the task as it is then. */
  async function inTurn<T>(context: Context, reference: string, act: (found: FoundTask) => Promise<T>): Promise<T> {
    const { task } = await knownTasks.get(context, reference);
    return turns.inTurn(task.id, async () => act(await knownTasks.get(context, task.id)));
  }

  return {
    createBranch: ({ context, task: reference }, actor) =>
      inTurn(context, reference, (found) =>
        actions.perform(found.task, "git.branch.create", actor, async () => {
          const { task } = found;
          const name = taskName(task);
          const branch = workBranch(name, found.loaded.config.tasks.get(task.slug)?.repo ?? "orchastration");
          const fault = findBranchFault(branch);
          if (fault !== undefined) throw branchRefused(`task ${name} can have no branch ${branch}: ${fault}`);
          const created = await withGit(() => createBranch(directoryOf(found), branch));
          if (created.kind === "refused") throw branchRefused(created.why);
          const { commit, root } = created;
          if (created.kind === "exists") throw branchExists(branch, commit);
          return {
            message: `branch ${branch} at ${commit}`,
            events: [{ name: "task.branchCreated", payload: { task: task.id, branch, commit } }],
            result: { task: name, branch, commit, repository: root },
          };
        }),
      ),
    createIssue: (params, actor, signal) =>
      inTurn(params.context, params.task, (found) => {
        const { task } = found;
        if (task.issue !== undefined && params.isAgain !== true) throw issueExists(task, task.issue);
        return actions.perform(task, "git.issue.create", actor, async () => {
          const directory = directoryOf(found);
          const opened = await withGit(() => openRepository(directory));
          const distrusted = opened.kind === "opened" ? opened.repository.root : directory;
          const env = childEnvironment({
            caller: params.environment,
            allowed: found.loaded.config.daemon.environment,
            configured: {},
            overrides: {},
            facts: {},
          });
          const program = findGh(directory, env, distrusted);
          const work = found.loaded.config.tasks.get(task.slug) ?? null;
          const file = taskFilePath(task);
          const text = file === null ? "" : (await readTaskFile(file)).body;
          const { title, body } = issueText({ name: taskName(task), title: task.title, text, work });
          // Durable before GitHub hears of it: whoever finds no address afterwards knows where to look.
          await registry.commit((tx) =>
            tx.tasks.apply(task.id, { name: "task.issueRequested", payload: { task: task.id, title } }, actor),
          );
          const deadlineMs = params.timeoutMs ?? GH_DEADLINE_MS;
          const args = ["issue", "create", `--title=${title}`, `--body=${body}`];
          const url = addressOf(await runGh(args, { program, directory, env, deadlineMs, signal }), deadlineMs);
          return {
            message: `issue ${url}`,
            events: [{ name: "task.issueCreated", payload: { task: task.id, url } }],
            result: { task: taskName(task), url, title },
          };
        });
      }),
  };
}

/** Where a person works on the task: its directory, or the repository whose task it is. */
function directoryOf({ task, root, loaded }: FoundTask): string {
  const directory =
    task.kind === "configured" ? loaded.config.tasks.get(task.slug)?.workingDir : (task.repository ?? root);
  if (directory === undefined || directory === null) throw new Error(`task ${task.slug} has no directory`);
  return directory;
}

function findGh(directory: string, env: Readonly<Record<string, string>>, distrusted: string): string {
  try {
    return resolveExecutable("gh", directory, env, distrusted);
  } catch (error) {
    if (!(error instanceof OrchastrationError) || error.kind === "WorkingDirectoryInvalid") throw error;
    throw new OrchastrationError("GhUnavailable", `no issue can be made: ${error.message}`, { cause: error });
  }
}

/** The address that gh printed. @throws OrchastrationError */
function addressOf(outcome: GhOutcome, deadlineMs: number): string {
  switch (outcome.kind) {
    case "not-started":
      throw new OrchastrationError("GhUnavailable", `gh could not be started: ${outcome.why}`);
    case "deadline":
      throw new OrchastrationError("GhTimedOut", `gh gave no answer within ${deadlineMs / 1_000} s and was stopped`);
    case "cancelled":
      throw new OrchastrationError(
        "RequestCancelled",
        "gh was stopped; the issue may have been made all the same, so look before you try again",
      );
    case "ended":
      return addressIn(outcome);
  }
}

function addressIn({ code, stdout, stderr }: Extract<GhOutcome, { kind: "ended" }>): string {
  const output = lastLines(stderr === "" ? stdout : stderr);
  if (code === UNAUTHENTICATED) {
    throw new OrchastrationError("GhUnauthenticated", `gh is not logged in: ${output}`, { details: { output } });
  }
  const url = /^https:\/\/\S+$/m.exec(stdout)?.[0];
  if (code === 0 && url !== undefined) return url;
  const what = code === 0 ? "gh ended without an address" : `gh failed (exit ${code ?? "by a signal"})`;
  throw new OrchastrationError("GhFailed", `${what}: ${output}`, { details: { output } });
}

function issueExists(task: Task, url: string): OrchastrationError {
  return new OrchastrationError("IssueExists", `task ${taskName(task)} has the issue ${url}`, { details: { url } });
}

function branchExists(branch: string, commit: string): OrchastrationError {
  return new OrchastrationError("BranchExists", `the branch ${branch} exists already, at ${commit.slice(0, 8)}`, {
    details: { branch, commit },
    hint: `Go on with it (\`git switch ${branch}\`), or rename it first (\`git branch -m ${branch} <name>\`).`,
  });
}

function branchRefused(why: string): OrchastrationError {
  return new OrchastrationError("BranchRefused", why);
}
