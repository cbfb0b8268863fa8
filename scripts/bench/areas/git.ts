import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { DaemonClient } from "@orchastration/client";
import { commandLine, type Place, processorMs, supervisorsOf } from "../machine.ts";
import { type Contest, timed } from "../measure.ts";

/** How many worktrees stand about. */
const TASKS = 50;

/**
 * Everything made here stays to the end: an ext4 without a journal gives no inode away within minutes of its removal, and whoever
 * makes a file looks at all of those first. With 50,000 removed before each round, git needed 26 s instead of one.
 */
export async function worktrees(place: Place): Promise<readonly Contest[]> {
  return [...(await manyWorktrees(place)), ...(await startTask(place))];
}

/** What a start of a task costs before its agent begins, against what git alone needs for the same worktree. */
async function startTask(place: Place): Promise<readonly Contest[]> {
  const files = place.isQuick ? 5_000 : 50_000;
  const root = createRepository(place, "large", files);
  const daemon = await connect(place, root);
  let started = 0;
  let added = 0;
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
          return [ms];
        },
      },
      reference: {
        name: "git worktree add",
        async round() {
          const name = `plain-${added++}`;
          return [await place.time("git", ["-C", root, "worktree", "add", "-q", "-b", name, join(place.dir, name)])];
        },
      },
    },
  ];
}

/** What fifty worktrees cost when somebody looks at them, and when nobody does. */
async function manyWorktrees(place: Place): Promise<readonly Contest[]> {
  const root = createRepository(place, "repository", place.isQuick ? 500 : 5_000);
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
  const standing = join(root, ".orchastration/worktrees");
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
            standing,
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

/** Packed, as a clone is. */
function createRepository({ dir, env }: Place, name: string, files: number): string {
  const root = join(dir, name);
  writeFileSync(join(dir, ".gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.org\n");
  const git = (args: readonly string[], input = "") =>
    execFileSync("git", args, { env, input, stdio: ["pipe", "ignore", "ignore"] });
  git(["init", "-q", "-b", "main", root]);
  const commit = "commit refs/heads/main\ncommitter Ada <ada@example.org> 0 +0000\ndata 5\nBegin\n";
  const contents = Array.from({ length: files }, (_, n) => {
    const content = `int f${n};\n`;
    return `M 100644 inline src/part-${Math.floor(n / 100)}/file-${n % 100}.c\ndata ${content.length}\n${content}`;
  });
  git(["-C", root, "fast-import", "--quiet"], commit + contents.join(""));
  git(["-C", root, "reset", "-q", "--hard"]);
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
