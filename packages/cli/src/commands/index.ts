import { type Command, command } from "../command.ts";
import type { CommandTable } from "../command-spec.ts";
import { attach } from "./attach.ts";
import { auditCheck } from "./audit/check.ts";
import { auditExport } from "./audit/export.ts";
import { auditKey } from "./audit/key.ts";
import { auditShow } from "./audit/show.ts";
import { auditVerify } from "./audit/verify.ts";
import { cancel } from "./cancel.ts";
import { completion } from "./completion.ts";
import { configCheck } from "./config/check.ts";
import { configPath } from "./config/path.ts";
import { configShow } from "./config/show.ts";
import { daemonInstall } from "./daemon/install.ts";
import { daemonLogs } from "./daemon/logs.ts";
import { daemonRestart } from "./daemon/restart.ts";
import { daemonRun } from "./daemon/run.ts";
import { daemonStart } from "./daemon/start.ts";
import { daemonStatus } from "./daemon/status.ts";
import { daemonStop } from "./daemon/stop.ts";
import { daemonUninstall } from "./daemon/uninstall.ts";
import { diff } from "./diff.ts";
import { doctor } from "./doctor.ts";
import { exportRun } from "./export.ts";
import { gitBranchCreate } from "./git/branch-create.ts";
import { gitIssueCreate } from "./git/issue-create.ts";
import { hash } from "./hash.ts";
import { list } from "./list.ts";
import { logs } from "./logs.ts";
import { orchestrationList } from "./orchestration/list.ts";
import { orchestrationRun } from "./orchestration/run.ts";
import { orchestrationShow } from "./orchestration/show.ts";
import { orchestrationStop } from "./orchestration/stop.ts";
import { buildRun } from "./plan/build-run.ts";
import { planCreate } from "./plan/create.ts";
import { docGenerate } from "./plan/doc-generate.ts";
import { planList } from "./plan/list.ts";
import { planStatus } from "./plan/status.ts";
import { rerun } from "./rerun.ts";
import { run } from "./run.ts";
import { runs } from "./runs.ts";
import { sessionList } from "./session/list.ts";
import { sessionScreen } from "./session/screen.ts";
import { sessionSend } from "./session/send.ts";
import { shellHook } from "./shell-hook.ts";
import { show } from "./show.ts";
import { status } from "./status.ts";
import { stop } from "./stop.ts";
import { agentList } from "./task/agent-list.ts";
import { complete } from "./task/complete.ts";
import { edit } from "./task/edit.ts";
import { exec } from "./task/exec.ts";
import { fail } from "./task/fail.ts";
import { gc } from "./task/gc.ts";
import { idle } from "./task/idle.ts";
import { init } from "./task/init.ts";
import { merge } from "./task/merge.ts";
import { newTask } from "./task/new.ts";
import { open } from "./task/open.ts";
import { path } from "./task/path.ts";
import { remove } from "./task/remove.ts";
import { resume } from "./task/resume.ts";
import { reviewed } from "./task/reviewed.ts";
import { sessionSet } from "./task/session-set.ts";
import { start } from "./task/start.ts";
import { trust } from "./trust.ts";

/** Every command of the program: what is not listed here does not exist. In the order of help and docs/cli.md. */
export const commands: readonly Command[] = [
  command(list, () => import("../actions/list.ts")),
  command(run, () => import("../actions/run.ts")),
  command(status, () => import("../actions/status.ts")),
  command(runs, () => import("../actions/runs.ts")),
  command(show, () => import("../actions/show.ts")),
  command(logs, () => import("../actions/logs.ts")),
  command(attach, () => import("../actions/attach.ts")),
  command(stop, () => import("../actions/stop.ts")),
  command(cancel, () => import("../actions/cancel.ts")),
  command(rerun, () => import("../actions/rerun.ts")),
  command(diff, () => import("../actions/diff.ts")),
  command(exportRun, () => import("../actions/export.ts")),
  command(init, () => import("../actions/task/init.ts")),
  command(newTask, () => import("../actions/task/new.ts")),
  command(edit, () => import("../actions/task/edit.ts")),
  command(start, () => import("../actions/task/start.ts")),
  command(resume, () => import("../actions/task/resume.ts")),
  command(idle, () => import("../actions/task/idle.ts")),
  command(complete, () => import("../actions/task/complete.ts")),
  command(fail, () => import("../actions/task/fail.ts")),
  command(reviewed, () => import("../actions/task/reviewed.ts")),
  command(merge, () => import("../actions/task/merge.ts")),
  command(gc, () => import("../actions/task/gc.ts")),
  command(remove, () => import("../actions/task/remove.ts")),
  command(path, () => import("../actions/task/path.ts")),
  command(open, () => import("../actions/task/open.ts")),
  command(exec, () => import("../actions/task/exec.ts")),
  command(sessionSet, () => import("../actions/task/session-set.ts")),
  command(planList, () => import("../actions/plan/list.ts")),
  command(planCreate, () => import("../actions/plan/create.ts")),
  command(planStatus, () => import("../actions/plan/status.ts")),
  command(buildRun, () => import("../actions/plan/build-run.ts")),
  command(docGenerate, () => import("../actions/plan/doc-generate.ts")),
  command(agentList, () => import("../actions/task/agent-list.ts")),
  command(gitBranchCreate, () => import("../actions/git/branch-create.ts")),
  command(gitIssueCreate, () => import("../actions/git/issue-create.ts")),
  command(orchestrationList, () => import("../actions/orchestration/list.ts")),
  command(orchestrationRun, () => import("../actions/orchestration/run.ts")),
  command(orchestrationShow, () => import("../actions/orchestration/show.ts")),
  command(orchestrationStop, () => import("../actions/orchestration/stop.ts")),
  command(hash, () => import("../actions/hash.ts")),
  command(sessionList, () => import("../actions/session/list.ts")),
  command(sessionScreen, () => import("../actions/session/screen.ts")),
  command(sessionSend, () => import("../actions/session/send.ts")),
  command(trust, () => import("../actions/trust.ts")),
  command(auditShow, () => import("../actions/audit/show.ts")),
  command(auditVerify, () => import("../actions/audit/verify.ts")),
  command(auditExport, () => import("../actions/audit/export.ts")),
  command(auditCheck, () => import("../actions/audit/check.ts")),
  command(auditKey, () => import("../actions/audit/key.ts")),
  command(configPath, () => import("../actions/config/path.ts")),
  command(configShow, () => import("../actions/config/show.ts")),
  command(configCheck, () => import("../actions/config/check.ts")),
  command(daemonStart, () => import("../actions/daemon/start.ts")),
  command(daemonStop, () => import("../actions/daemon/stop.ts")),
  command(daemonRestart, () => import("../actions/daemon/restart.ts")),
  command(daemonStatus, () => import("../actions/daemon/status.ts")),
  command(daemonRun, () => import("../actions/daemon/run.ts")),
  command(daemonLogs, () => import("../actions/daemon/logs.ts")),
  command(daemonInstall, () => import("../actions/daemon/install.ts")),
  command(daemonUninstall, () => import("../actions/daemon/uninstall.ts")),
  command(doctor, () => import("../actions/doctor.ts")),
  command(completion, () => import("../actions/completion.ts")),
  command(shellHook, () => import("../actions/shell-hook.ts")),
];

export const commandTable: CommandTable = {
  commands: commands.map(({ spec }) => spec),
  groups: [
    { name: "audit", summary: "The event log and its proof" },
    { name: "agent", summary: "Programs that work on tasks" },
    { name: "build", summary: "Carry out what was planned" },
    { name: "config", summary: "Read and check the configuration" },
    { name: "daemon", summary: "The life of the daemon" },
    { name: "git", summary: "Branches and issues of tasks" },
    { name: "git branch", summary: "Local branches of tasks" },
    { name: "git issue", summary: "GitHub issues of tasks" },
    { name: "doc", summary: "Document what was planned and built" },
    { name: "orchestration", summary: "Pipelines of roles with a shared context" },
    { name: "plan", summary: "Write down what a task is going to do" },
    { name: "session", summary: "What runs now, and its terminals" },
  ],
};
