import { randomUUID } from "node:crypto";
import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Actor, Lease, Params, Run, Task } from "@orchastration/protocol/contract";
import { changeTask } from "../../domain/task-machine.ts";
import { type Launch, LaunchRefused, launchOf } from "../../harnesses/launch.ts";
import type { Registry } from "../../registry/registry.ts";
import { formatTaskFileProblem } from "../../task-files/problem.ts";
import type { TaskFile } from "../../task-files/read-task-file.ts";
import type { AgentTokens } from "../agent-tokens.ts";
import { type DeclareRun, type Definition, placeholdersOf } from "../declare-run.ts";
import type { RunService } from "../run.ts";
import { BY_HAND, chooseAgent } from "./agents.ts";
import { definitionFor } from "./definition-for.ts";
import type { FoundTask } from "./known-tasks.ts";
import { type PlanLeaseDependencies, planLease } from "./plan-lease.ts";
import { requireTrust } from "./require-trust.ts";
import { promptOf, taskFacts } from "./task-facts.ts";
import { taskFilePath } from "./task-paths.ts";

/** Declares the agent of a task that may be started. Its worktree is made when it is admitted: see prepare-worktree.ts. */
export type StartAgent = (
  found: FoundTask,
  params: Params<"task.start">,
  actor: Actor,
  /** Resumed: with the conversation it had, and nothing new to do. */
  options: { readonly isResumed: boolean },
) => Promise<Run>;

export interface StartAgentDependencies extends PlanLeaseDependencies {
  readonly registry: Registry;
  readonly declareRun: Pick<DeclareRun, "defined">;
  readonly runs: Pick<RunService, "start">;
  readonly readTaskFile: (path: string) => Promise<TaskFile>;
  readonly agentTokens: Pick<AgentTokens, "issue">;
}

export function createStartAgent(deps: StartAgentDependencies): StartAgent {
  const { registry, declareRun, runs, readTaskFile, agentTokens } = deps;

  /** The unique index on worktrees comes before git's own lock: two starts never make two. */
  async function remember(task: Task, lease: Lease, conversation: string | null, actor: Actor): Promise<void> {
    const isNew = conversation !== null && conversation !== task.conversation;
    if (task.lease !== null && !isNew) return;
    await registry.commit((tx) => {
      if (task.lease === null) tx.tasks.apply(task.id, changeTask(task, { type: "lease", lease }), actor);
      if (isNew) tx.tasks.apply(task.id, changeTask(task, { type: "converse", conversation }), actor);
    });
  }

  async function requireBody(task: Task): Promise<string> {
    const path = taskFilePath(task);
    if (path === null) return "";
    const { header, body, problems } = await readTaskFile(path);
    if (header !== null || problems.every(({ kind }) => kind === "absent")) return body;
    throw new OrchastrationError("TaskFileInvalid", problems.map(formatTaskFileProblem).join("; "), {
      details: {
        problems: problems.map(({ file, line, message, suggestion }) => ({ file, line, message, suggestion })),
      },
    });
  }

  return async (found, params, actor, { isResumed }) => {
    const { task, loaded } = found;
    const root = requireTrust(found);
    const body = await requireBody(task);
    const env = { ...params.environment, ...params.env };
    const agent = chooseAgent(task.agent, loaded.config, env, root);
    const { lease, base } = await planLease(deps, task, root, loaded.config);
    const facts = taskFacts(task, lease.path, lease, agent.name);
    // Whoever works by hand is a person, and may do what a person may.
    const isByHand = agent.name === BY_HAND;
    const token = isByHand ? {} : { ORCHASTRATION_TOKEN: agentTokens.issue(task.id) };
    if (isResumed && task.conversation === null) throw nothingToResume(task);
    const newConversationId = randomUUID();
    let launch: Launch | undefined;
    const declaration = await declareRun.defined(
      (id): Definition => {
        launch = launchAgent(() =>
          launchOf(agent, {
            prompt: isResumed ? null : promptOf(task, body),
            conversationId: task.conversation,
            newConversationId,
            placeholders: placeholdersOf({ ...facts, ORCHASTRATION_RUN_ID: id, ORCHASTRATION_PROJECT_ROOT: root }),
          }),
        );
        const scheduled = loaded.config.agents.get(agent.name);
        return {
          ...definitionFor(task, { ...facts, ...token }),
          kind: "agent",
          argv: launch.argv,
          workingDir: lease.path,
          isTty: true,
          group: scheduled?.group ?? null,
          priority: scheduled?.priority ?? 0,
          task: { id: task.id, onExit: agent.onExit },
          prospective: { standIn: root, base },
          distrusted: root,
        };
      },
      params,
      actor,
    );
    await remember(task, lease, launch?.conversationId ?? null, actor);
    const { include, setup } = loaded.config.worktrees;
    const preparation = { include, setup, input: launch?.stdin ?? null };
    return runs.start({ ...declaration, inheritance: { ...declaration.inheritance, preparation } });
  };
}

function launchAgent(launch: () => Launch): Launch {
  try {
    return launch();
  } catch (error) {
    if (!(error instanceof LaunchRefused)) throw error;
    throw new OrchastrationError("ConfigInvalid", error.message, {
      cause: error,
      hint: "The message says what to change.",
    });
  }
}

function nothingToResume(task: Task): OrchastrationError {
  const name = taskName(task);
  return new OrchastrationError("IllegalTransition", `task ${name} has no conversation to go on with`, {
    details: { entity: `task ${name}`, from: task.state.status, trigger: "resume", allowed: ["start"] },
    hint: `Start it anew: \`orchastration start ${name}\`; or name one: \`orchastration session set ${name} <id>\`.`,
  });
}
