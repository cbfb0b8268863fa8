import { dirname, join } from "node:path";
import type { Finding, Task } from "@orchastration/protocol/contract";
import type { KnownLeases, Strays } from "../git/find-strays.ts";
import type { MarkedProcess } from "../processes/marked-processes.ts";
import type { Registry } from "../registry/registry.ts";
import { ok, warning } from "./doctor-finding.ts";
import type { SessionDirectories } from "./session-directories.ts";
import { productFolder } from "./tasks/task-paths.ts";

/** How many are named. */
const SHOWN = 5;

/** What is not known is listed, never deleted. */
function leftOver(check: string, what: string, found: readonly string[], hint: string): Finding {
  const others = found.length > SHOWN ? ` and ${found.length - SHOWN} more` : "";
  return warning(check, `left over, ${what}: ${found.slice(0, SHOWN).join(", ")}${others}`, hint);
}

/** Directories of sessions that no run tells of. */
export function checkSessions(
  registry: Pick<Registry, "runs">,
  sessionDirectories: Pick<SessionDirectories, "names" | "pathOf">,
): Finding {
  const strangers = sessionDirectories.names().filter((name) => registry.runs.find(name) === undefined);
  if (strangers.length === 0) return ok("sessions", "every recorded session belongs to a run");
  const paths = strangers.map(sessionDirectories.pathOf);
  return leftOver(
    "sessions",
    "of no run in the registry",
    paths,
    "Look at them; what nobody needs can be removed by hand.",
  );
}

/** Writes that were cut off: what they were to replace is whole. */
export function checkTemporaries(found: readonly string[]): Finding {
  if (found.length === 0) return ok("temporary files", "every write was finished");
  return leftOver("temporary files", "of writes that were cut off", found, "Run `orchastration doctor --repair`.");
}

/** Processes that a run started and that outlived it: it ended by itself and left them, or its supervisor was killed. */
export function checkProcesses(registry: Pick<Registry, "runs">, marked: readonly MarkedProcess[]): Finding {
  const left = marked.filter(({ session }) => {
    const run = registry.runs.find(session);
    return run !== undefined && "endedAt" in run.state;
  });
  if (left.length === 0) return ok("processes", "no process has outlived its run");
  const names = left.map(({ pid, session }) => `pid ${pid} of run ${session}`);
  return leftOver("processes", "of runs that have ended", names, "Look at them; `kill <pid>` ends what nobody needs.");
}

/** Worktrees and branches that look like a task's, in every repository that has tasks. */
export async function checkWorktrees(
  tasks: readonly Task[],
  findStrays: (root: string, known: KnownLeases) => Promise<Strays | undefined>,
): Promise<Finding[]> {
  const check = "worktrees";
  const repositories = new Set(tasks.flatMap(({ kind, repository }) => (kind === "file" ? (repository ?? []) : [])));
  const findings: Finding[] = [];
  for (const root of repositories) {
    const strays = await findStrays(root, leasesIn(root, tasks)).catch(() => undefined);
    if (strays === undefined) {
      const message = `there is no repository at ${root} any more, or git cannot read it`;
      findings.push(warning(check, message, "Its tasks are still recorded; move it back to work on them."));
      continue;
    }
    const found = [...strays.worktrees, ...strays.branches.map((branch) => `branch ${branch}`)];
    if (found.length === 0) continue;
    const hint =
      "`orchastration gc` takes up removals that were interrupted. Look at the others; nothing of them is deleted.";
    findings.push(leftOver(check, `of no task in ${root}`, found, hint));
  }
  if (findings.length > 0) return findings;
  return [ok(check, `every worktree and branch in ${repositories.size} repositories with tasks belongs to a task`)];
}

function leasesIn(root: string, tasks: readonly Task[]): KnownLeases {
  const leases = tasks.flatMap(({ repository, lease }) => (repository === root ? (lease ?? []) : []));
  return {
    worktreesRoots: new Set([join(productFolder(root), "worktrees"), ...leases.map(({ path }) => dirname(path))]),
    // Several repositories may have their worktrees in one folder.
    paths: new Set(tasks.flatMap(({ lease }) => (lease === null ? [] : lease.path))),
    branches: new Set(leases.map(({ branch }) => branch)),
  };
}
