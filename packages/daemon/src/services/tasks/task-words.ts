import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Actor, Context, Task, TaskView } from "@orchastration/protocol/contract";
import { advanceTask, changeTask, type TaskTrigger } from "../../domain/task-machine.ts";
import type { Registry } from "../../registry/registry.ts";
import type { FoundTask, KnownTasks } from "./known-tasks.ts";
import type { StopTask } from "./stop-task.ts";
import type { TaskViews } from "./task-views.ts";
import type { Turns } from "./turns.ts";

interface Reference {
  readonly context: Context;
  readonly task: string;
}

interface Word extends Reference {
  readonly reason?: string | undefined;
  /** End the session as well. */
  readonly stop?: boolean | undefined;
}

/** What a person or an agent says about a task. The session goes on unless it is to be stopped. */
export interface TaskWords {
  idle(word: Word, actor: Actor): Promise<TaskView>;
  complete(word: Word, actor: Actor): Promise<TaskView>;
  fail(word: Word, actor: Actor): Promise<TaskView>;
  /** A person's word. */
  review(reference: Reference, actor: Actor): Promise<TaskView>;
  setConversation(reference: Reference & { readonly conversation: string }, actor: Actor): Promise<TaskView>;
}

export interface TaskWordsDependencies {
  readonly registry: Registry;
  readonly knownTasks: KnownTasks;
  readonly views: TaskViews;
  readonly turns: Turns;
  readonly stopTask: Pick<StopTask, "stopSession">;
  /** Tells whoever watches the session's activity; nobody knows better than who says so. */
  readonly onSaidIdle: (session: string, reason: string) => void;
  readonly now: () => Date;
}

export function createTaskWords(deps: TaskWordsDependencies): TaskWords {
  const { registry, knownTasks, views, turns, stopTask, onSaidIdle, now } = deps;

  async function about(
    { context, task: reference }: Reference,
    act: (found: FoundTask) => Promise<Task>,
  ): Promise<TaskView> {
    const { task } = await knownTasks.get(context, reference);
    return turns.inTurn(task.id, async () => {
      const found = await knownTasks.get(context, task.id);
      return views.show(await act(found), found);
    });
  }

  function pull({ id }: Task, trigger: TaskTrigger, actor: Actor): Promise<Task> {
    return registry.commit((tx) => tx.tasks.apply(id, advanceTask(tx.tasks.get(id), trigger), actor));
  }

  /** The word first: a session that ends by itself meanwhile must not take it away. */
  async function pullAndStop(word: Word, trigger: TaskTrigger, actor: Actor): Promise<TaskView> {
    return about(word, async ({ task }) => {
      const said = await pull(task, trigger, actor);
      if (word.stop === true) await stopTask.stopSession(said, { kill: false }, actor);
      return registry.tasks.get(said.id);
    });
  }

  return {
    idle: (word, actor) =>
      about(word, async ({ task }) => {
        const reason = word.reason ?? `said by ${actor.name}`;
        const said = await pull(task, { type: "idle", source: "explicit", reason, since: now().toISOString() }, actor);
        if (said.run !== null) onSaidIdle(said.run, reason);
        return said;
      }),
    complete: (word, actor) => pullAndStop(word, { type: "complete", reason: word.reason ?? null }, actor),
    fail: (word, actor) => pullAndStop(word, { type: "fail", reason: word.reason ?? `said by ${actor.name}` }, actor),
    review: (reference, actor) =>
      about(reference, async ({ task }) => {
        if (actor.kind === "agent") throw onlyPersons(task);
        return pull(task, { type: "review" }, actor);
      }),
    setConversation: ({ conversation, ...reference }, actor) =>
      about(reference, ({ task }) =>
        registry.commit((tx) => tx.tasks.apply(task.id, changeTask(task, { type: "converse", conversation }), actor)),
      ),
  };
}

function onlyPersons(task: Task): OrchastrationError {
  return new OrchastrationError("NotSupported", `task ${taskName(task)}: only a person can say that work is reviewed`);
}
