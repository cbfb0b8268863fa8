import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { DaemonClient } from "@orchastration/client";
import { commandLine, type Place, processorMs, supervisorsOf } from "../machine.ts";
import { type Contest, timed } from "../measure.ts";

/** How many worktrees stand about. */
const TASKS = 50;

/** What a start of a task costs before its agent begins, against what git alone needs for the same worktree. */
export async function startTask(place: Place): Promise<readonly Contest[]> {
  const files = place.isQuick ? 5_000 : 50_000;
  const root = createRepository(place, files);
  const daemon = await connect(place, root);
  const plain = join(place.dir, "plain");
  const git = (...args: readonly string[]) => place.time("git", ["-C", root, ...args]);
  let started = 0;
  return [
    {
      area: "git",
      figures: [{ measure: `start of a task in ${files} files`, unit: "ms", better: "less", must: 1.05, goal: 0.85 }],
      mostRounds: 7,
      ours: {
        name: "task.start until its worktree is prepared",
        async round() {
          const task = await createTask(daemon, root, `round-${started++}`);
          const ms = await timed(() => prepare(place, daemon, root, task));
          await ended(daemon, root, task);
          await daemon.call("task.remove", { context: contextOf(root), task });
          return [ms];
        },
      },
      reference: {
        name: "git worktree add",
        async round() {
          const ms = await git("worktree", "add", "-q", "-b", "plain", plain);
          await git("worktree", "remove", "--force", plain);
          await git("branch", "-q", "-D", "plain");
          return [ms];
        },
      },
    },
  ];
}

/** What fifty worktrees cost when somebody looks at them, and when nobody does. */
export async function manyWorktrees(place: Place): Promise<readonly Contest[]> {
  const root = createRepository(place, place.isQuick ? 500 : 5_000);
  const gits = await countGits(place);
  const daemon = await connect(place, root);
  const context = contextOf(root);
  for (let n = 0; n < TASKS; n++) {
    const task = await createTask(daemon, root, `task-${n}`);
    await prepare(place, daemon, root, task);
    await ended(daemon, root, task);
  }
  // Warm is what nobody has touched for a while: until then a file may change without its time showing it.
  await delay(3_000);
  const worktrees = join(root, ".orchastration/worktrees");
  const { pid } = await daemon.call("daemon.status", {});
  const idleMs = place.isQuick ? 5_000 : 30_000;
  return [
    {
      area: "git",
      figures: [{ measure: `status of ${TASKS} tasks, warm`, unit: "ms", better: "less", must: 0.1, goal: 0.02 }],
      ours: {
        name: "repository.status",
        round: async () => [await timed(() => daemon.call("repository.status", { context }))],
      },
      reference: {
        name: `${TASKS} x git status`,
        round: async () => [
          await place.time("sh", [
            "-c",
            'for at in "$0"/*; do git -C "$at" status --porcelain >/dev/null || exit; done',
            worktrees,
          ]),
        ],
      },
    },
    {
      area: "git",
      figures: [
        { measure: `processor, ${TASKS} idle worktrees`, unit: "%", better: "less", must: 0.5, goal: 0 },
        { measure: "git processes meanwhile", unit: "/s", better: "less", must: 0, goal: 0 },
      ],
      mostRounds: 1,
      ours: {
        name: `${idleMs / 1_000} s of nothing`,
        async round() {
          const ours = [pid, ...supervisorsOf(place)];
          const before = { ms: processorMs(...ours), gits: gits() };
          await delay(idleMs);
          return [(100 * (processorMs(...ours) - before.ms)) / idleMs, (1_000 * (gits() - before.gits)) / idleMs];
        },
      },
      reference: null,
    },
  ];
}

function createRepository({ dir, env }: Place, files: number): string {
  const root = join(dir, "repository");
  for (let folder = 0; folder < files / 100; folder++) {
    mkdirSync(join(root, `src/part-${folder}`), { recursive: true });
    for (let n = 0; n < 100; n++) writeFileSync(join(root, `src/part-${folder}/file-${n}.c`), `int f${folder}_${n};\n`);
  }
  writeFileSync(join(dir, ".gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.org\n");
  const git = (...args: readonly string[]) => execFileSync("git", ["-C", root, ...args], { env, stdio: "ignore" });
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", "Begin");
  return root;
}

async function connect(place: Place, root: string): Promise<DaemonClient> {
  writeFileSync(
    join(place.dir, ".config/orchastration/config.toml"),
    '[agents.none]\ncommand = ["true"]\nprompt = "none"\non_exit = "complete"\n',
  );
  const daemon = await place.connect();
  place.atEnd(() => daemon.close());
  await daemon.call("repository.init", { context: contextOf(root) });
  return daemon;
}

const contextOf = (root: string) => ({ cwd: root, configFile: null });

async function createTask(daemon: DaemonClient, root: string, slug: string): Promise<string> {
  const { task } = await daemon.call("task.create", { context: contextOf(root), slug, agent: "none" });
  return task.id;
}

/** Resolves when the worktree is there and filled. */
async function prepare({ env }: Place, daemon: DaemonClient, root: string, task: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const filter = { names: ["task.worktreePrepared" as const] };
  const subscription = await daemon.subscribe({ filter }, () => resolve());
  await daemon.call("task.start", { context: contextOf(root), task, environment: { ...env } });
  await promise;
  await subscription.unsubscribe();
}

async function ended(daemon: DaemonClient, root: string, task: string): Promise<void> {
  for (;;) {
    const { task: now } = await daemon.call("task.get", { context: contextOf(root), task });
    if (now.state.status === "completed" && !now.hasLiveSession) return;
    await delay(10);
  }
}

/** Puts a git before the daemon's own that counts how often it is started. */
async function countGits(place: Place): Promise<() => number> {
  const bin = join(place.dir, "bin");
  const log = join(place.dir, "gits");
  mkdirSync(bin);
  writeFileSync(log, "");
  const real = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
  writeFileSync(join(bin, "git"), `#!/bin/sh\necho >> ${log}\nexec ${real} "$@"\n`);
  chmodSync(join(bin, "git"), 0o755);
  const path = `PATH=${bin}:${place.env["PATH"] ?? ""}`;
  await place.time("env", [path, process.execPath, commandLine, "daemon", "start"]);
  return () => readFileSync(log).length;
}
