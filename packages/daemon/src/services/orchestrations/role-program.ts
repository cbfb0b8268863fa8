import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "@orchastration/protocol";
import { type AgentRole, contextChanges, type Orchestration } from "@orchastration/protocol/contract";
import { errorCode } from "@orchastration/protocol/node";
import type { Config } from "../../config/config.ts";
import { substitute } from "../../domain/placeholders.ts";
import { changesOf } from "../../domain/shared-context.ts";
import { writeJson } from "../../records/write-file.ts";
import type { Environment } from "../child-environment.ts";
import { type DeclareRun, placeholdersOf } from "../declare-run.ts";
import type { RunService } from "../run.ts";
import type { RunEnds } from "../run-ends.ts";
import { type Assignment, failed, type RoleWork, type StepResult, succeeded, unsuccessful } from "./step.ts";

/** A context is read by people and by every further role; whoever has more to say writes a file and names it. */
const MOST_RESULT_BYTES = 256 * 1024;

export interface RoleProgramsDependencies {
  readonly stateDir: string;
  readonly loadConfig: (context: Assignment["request"]["context"]) => Promise<{ readonly config: Config }>;
  readonly declareRun: Pick<DeclareRun, "defined">;
  readonly runs: Pick<RunService, "start">;
  readonly runEnds: RunEnds;
}

/**
 * A role that a configured program does. It finds the shared context in the file that ORCHASTRATION_CONTEXT_FILE names, and answers by writing what
 * it adds, or all of it, as JSON to the one that ORCHASTRATION_RESULT_FILE names. Its standard output is its log. Exit code 0 without a result is a
 * step that adds nothing.
 */
export function createRolePrograms(deps: RoleProgramsDependencies): RoleWork {
  const { stateDir, loadConfig, declareRun, runs, runEnds } = deps;

  async function resultOf(
    orchestration: Orchestration,
    step: Parameters<RoleWork["resultOf"]>[1],
    run: Parameters<RoleWork["resultOf"]>[2],
  ): Promise<StepResult> {
    if (run.state.status !== "succeeded") return unsuccessful(run);
    const { resultFile } = filesOf(stateDir, orchestration, step);
    const answer = await readResult(resultFile);
    if (answer.kind === "none") return succeeded(null);
    if (answer.kind === "refused") return failed(`${step.role} answered with ${resultFile}, which ${answer.why}`);
    return succeeded(null, changesOf(orchestration.groupContext, answer.changes));
  }

  return {
    async prepare(assignment) {
      const { orchestration, role, request, actor } = assignment;
      const { contextFile, resultFile } = filesOf(stateDir, orchestration, assignment);
      await mkdir(dirname(contextFile), { recursive: true, mode: 0o700 });
      await writeJson(contextFile, orchestration.context);
      const { config } = await loadConfig(request.context);
      const agent = config.agents.get(role);
      const argv = orchestration.bindings[role];
      if (argv === undefined) throw new Error(`no program is bound to ${role}`);
      const declaration = await declareRun.defined(
        (id) => {
          const facts = factsOf(orchestration, role, { contextFile, resultFile });
          const known = placeholdersOf({ ...facts, ORCHASTRATION_RUN_ID: id });
          const [program = argv[0], ...args] = substitute(argv, known);
          return {
            kind: "role",
            name: role,
            repository: orchestration.repository,
            argv: [program, ...args],
            workingDir: orchestration.workingDir,
            timeoutMs: null,
            env: {},
            isTty: false,
            group: agent?.group ?? null,
            priority: agent?.priority ?? 0,
            facts,
            ...(orchestration.repository === null ? {} : { distrusted: orchestration.repository }),
          };
        },
        request,
        actor,
      );
      const { id } = declaration.draft;
      return {
        run: id,
        async perform() {
          await runs.start(declaration);
          return resultOf(orchestration, assignment, await runEnds.ended(id));
        },
      };
    },
    resultOf,
  };
}

interface StepFiles {
  readonly contextFile: string;
  readonly resultFile: string;
}

/** Beside the record of the orchestration, where they stay. */
function filesOf(
  stateDir: string,
  { record }: Orchestration,
  { group, place, role }: Pick<Assignment, "group" | "place" | "role">,
): StepFiles {
  const directory = join(stateDir, record.replace(/\.json$/, ""));
  const stem = `${group + 1}-${place + 1}-${role}`;
  return {
    contextFile: join(directory, `${stem}.context.json`),
    resultFile: join(directory, `${stem}.result.json`),
  };
}

/** What the program finds in its environment, and in its argv as placeholders. */
function factsOf(orchestration: Orchestration, role: AgentRole, { contextFile, resultFile }: StepFiles): Environment {
  const goal = orchestration.context["plan.goal"];
  return {
    ORCHASTRATION_ORCHESTRATION: orchestration.name,
    ORCHASTRATION_AGENT: role,
    ORCHASTRATION_CONTEXT_FILE: contextFile,
    ORCHASTRATION_RESULT_FILE: resultFile,
    ORCHASTRATION_WORKTREE: orchestration.workingDir,
    ORCHASTRATION_GOAL: goal ?? "",
    ...(orchestration.task === null ? {} : { ORCHASTRATION_TASK_SLUG: orchestration.task }),
  };
}

type Answer =
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "read"; readonly changes: ReturnType<typeof contextChanges.parse> };

async function readResult(file: string): Promise<Answer> {
  let text: string;
  try {
    await using handle = await open(file, "r");
    const { size } = await handle.stat();
    if (size > MOST_RESULT_BYTES) return { kind: "refused", why: `is larger than ${MOST_RESULT_BYTES} bytes` };
    text = await handle.readFile("utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { kind: "none" };
    return { kind: "refused", why: `cannot be read: ${messageOf(error)}` };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "refused", why: "is no JSON" };
  }
  const parsed = contextChanges.safeParse(value);
  if (parsed.success) return { kind: "read", changes: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return { kind: "refused", why: `is no shared context: ${where}${issue?.message ?? "it has another shape"}` };
}
