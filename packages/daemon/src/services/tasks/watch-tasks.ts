import { once } from "node:events";
import { OrchastrationError } from "@orchastration/protocol";
import type { Params } from "@orchastration/protocol/contract";
import type { MadeWorktree, WorktreeStanding } from "../../git/standing.ts";
import type { RepositoryChange, RepositoryWatch, RepositoryWatchPlan } from "../../git/watch-repository.ts";
import type { Log } from "../../logging/log.ts";
import type { Registry } from "../../registry/registry.ts";
import type { KnownTasks } from "./known-tasks.ts";
import { onTaskEvents } from "./on-task-events.ts";
import { tasksFolder, worktreesFolder } from "./task-paths.ts";

/** What may have changed, for somebody who looks again then. */
export type WatchedChange = RepositoryChange["kind"];

export interface WatchTasks {
  /**
   * Tells of what is done by hand to task files, branches and worktrees of the caller's repository, until aborted or for `waitMs`. First of
   * nothing: from then on nothing is missed. Outside of a repository nothing else is told.
   * @throws OrchastrationError ConfigInvalid, DaemonStopping; the signal's reason
   */
  watch(params: Params<"repository.watch">, watcher: Watcher): Promise<void>;
  /** Ends every watch: whoever wants to go on asks the next daemon. */
  close(): void;
}

export interface Watcher {
  readonly signal: AbortSignal;
  onChange(changes: readonly WatchedChange[]): void;
}

export interface WatchTasksDependencies {
  readonly registry: Pick<Registry, "tasks" | "onCommitted">;
  readonly knownTasks: Pick<KnownTasks, "survey">;
  readonly findCommonDir: (root: string) => Promise<string | undefined>;
  readonly observeStanding: (
    commonDir: string,
    worktrees: readonly MadeWorktree[],
  ) => Promise<readonly WorktreeStanding[]>;
  readonly watchRepository: (
    plan: RepositoryWatchPlan,
    onChange: (changes: readonly RepositoryChange[]) => void,
    onError: (error: unknown) => void,
  ) => RepositoryWatch;
  readonly log: Log;
}

export function createWatchTasks(deps: WatchTasksDependencies): WatchTasks {
  const { registry, knownTasks, findCommonDir, observeStanding, watchRepository, log } = deps;
  const closing = new AbortController();

  async function listGitDirs(root: string, commonDir: string): Promise<readonly string[]> {
    const leases = registry.tasks.list(root).flatMap(({ lease }) => (lease === null ? [] : [lease]));
    const standings = await observeStanding(commonDir, leases);
    return [commonDir, ...standings.flatMap(({ gitDir }) => (gitDir === null ? [] : [gitDir]))];
  }

  return {
    async watch({ context, waitMs }, { signal, onChange }) {
      const { root, loaded } = await knownTasks.survey(context);
      const commonDir = root === null ? undefined : await findCommonDir(root);
      using stack = new DisposableStack();
      if (root !== null && commonDir !== undefined) {
        const onError = (error: unknown): void => log.warn("repository.unwatched", String(error), { repository: root });
        const plan = {
          commonDir,
          tasksDirectory: tasksFolder(root),
          worktreesDirectory: worktreesFolder(root, loaded.config),
        };
        const watch = stack.adopt(
          watchRepository({ ...plan, gitDirs: [commonDir] }, (changes) => onChange(kindsOf(changes)), onError),
          ({ close }) => close(),
        );
        const follow = async (): Promise<void> => watch.setGitDirs(await listGitDirs(root, commonDir));
        // One after another, the first of them after it is listened for further ones: the last word is the newest.
        let following: Promise<void> = Promise.resolve();
        stack.defer(
          onTaskEvents(registry, (events) => {
            const isOurs = events.some(({ task, event }) => task.repository === root && comesOrGoes(event.name));
            if (isOurs) following = following.then(follow).catch(onError);
          }),
        );
        following = follow();
        await following;
      }
      onChange([]);
      await isOver([signal, closing.signal], waitMs);
    },
    close: () =>
      closing.abort(new OrchastrationError("DaemonStopping", "the daemon is about to end and watches nothing more")),
  };
}

function kindsOf(changes: readonly RepositoryChange[]): WatchedChange[] {
  return [...new Set(changes.map(({ kind }) => kind))];
}

function comesOrGoes(event: string): boolean {
  return event === "task.worktreeMade" || event === "task.worktreeRemoved";
}

/** Resolves when the time is over. @throws the reason of whichever is aborted before */
async function isOver(signals: readonly AbortSignal[], waitMs: number | undefined): Promise<void> {
  const deadline = waitMs === undefined ? [] : [AbortSignal.timeout(waitMs)];
  const first = AbortSignal.any([...signals, ...deadline]);
  if (!first.aborted) await once(first, "abort");
  for (const signal of signals) signal.throwIfAborted();
}
