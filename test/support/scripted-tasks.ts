import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CliOptions, createHome, type Home, type Outcome, PROJECT_ROOT } from "./home.ts";
import { createRepository } from "./repository.ts";
import { until } from "./until.ts";

export const SCRIPTED_AGENT = join(PROJECT_ROOT, "test/fixtures/agents/scripted-agent.mjs");

/** What `status <task> --json` says, as far as tests ask. */
export interface ShownTask {
  readonly name: string;
  readonly status: string;
  readonly reason: string | null;
  readonly branch: string | null;
  readonly worktree: string;
  readonly file: string;
  readonly run_id: string | null;
  readonly session_id: string | null;
  readonly session_live: boolean;
  readonly problems: readonly string[];
}

/** A home with a repository that is ready for tasks, on which the scripted agent works. */
export interface TaskHome extends Home {
  readonly root: string;
  /** The command line in the repository. */
  run(...args: readonly string[]): Promise<Outcome>;
  /** A task whose agent takes these steps (`@say hello`). Answers its name. */
  write(slug: string, steps?: readonly string[], ...options: readonly string[]): Promise<string>;
  task(name: string, options?: CliOptions): Promise<ShownTask>;
  /** Resolves with the task when it has this status. */
  reaches(name: string, status: string): Promise<ShownTask>;
}

export interface TaskHomeOptions {
  /** TOML for the global configuration, behind the agent's. */
  readonly config?: string;
  readonly idleTimeoutSeconds?: number;
  /** TOML for the repository's own, which is trusted. */
  readonly project?: string;
  readonly files?: Readonly<Record<string, string>>;
}

export async function createTaskHome({
  config = "",
  idleTimeoutSeconds = 600,
  project,
  files = {},
}: TaskHomeOptions = {}): Promise<TaskHome> {
  const home = createHome();
  writeFileSync(join(home.dir, ".gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.org\n");
  home.writeConfig(`
    [agents.scripted]
    command = [${JSON.stringify(process.execPath)}, ${JSON.stringify(SCRIPTED_AGENT)}]
    resume = [${JSON.stringify(process.execPath)}, ${JSON.stringify(SCRIPTED_AGENT)}, "--resume", "{session_id}"]
    # Under load a start may take longer than the ten seconds that are usual.
    [idle]
    timeout_seconds = ${idleTimeoutSeconds}
    dwell_seconds = 0.1
    ${config}
  `);
  const root = createRepository(home, "project", files);
  const run = (...args: readonly string[]): Promise<Outcome> => home.cli(args, { cwd: root });
  await expectSuccess(run("init"));
  if (project !== undefined) {
    writeFileSync(join(root, ".orchastration/config.toml"), project);
    await expectSuccess(run("trust", "--yes"));
  }
  const task = async (name: string, options: CliOptions = {}): Promise<ShownTask> =>
    (await home.json(["status", name], { cwd: root, ...options })) as unknown as ShownTask;
  return {
    ...home,
    root,
    run,
    async write(slug, steps = [], ...options) {
      const message = steps.length === 0 ? [] : ["--message", steps.join("\n")];
      return String(
        (await home.json(["new", slug, "--agent", "scripted", ...message, ...options], { cwd: root })).name,
      );
    },
    task,
    async reaches(name, status) {
      let shown = await task(name);
      await until(async () => (shown = await task(name)).status === status);
      return shown;
    },
  };
}

async function expectSuccess(asked: Promise<Outcome>): Promise<void> {
  const { code, stderr } = await asked;
  if (code !== 0) throw new Error(`the command line failed (exit ${code}):\n${stderr}`);
}
