import { lstatSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { messageOf, VERSION } from "@orchastration/protocol";
import type { Finding } from "@orchastration/protocol/contract";
import { findDaemon, runningDocument } from "../actions/daemon/daemon-state.ts";
import { CommandError } from "../command-error.ts";
import type { Context } from "../context.ts";

/**
 * A report for somebody else. It is put together from what is named here, not by leaving out what is secret: versions, findings, what the daemon says
 * of itself, and the sizes of files. Paths are in it.
 */
export async function writeBundle(context: Context, file: string, findings: readonly Finding[]): Promise<void> {
  const report = {
    at: new Date().toISOString(),
    version: VERSION,
    node: process.version,
    platform: process.platform,
    arch: process.arch,
    findings: findings.map(withoutQuotation),
    daemon: await describeDaemon(context),
    files: filesIn(context.place.stateDir),
  };
  try {
    writeFileSync(resolve(context.cwd, file), `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    const reason = messageOf(error);
    throw new CommandError("OutputUnwritable", `The report cannot be written: ${reason}`, {
      hint: "Name a file in a directory that you may write to.",
    });
  }
}

/** Why a daemon did not start may quote the configuration or the log. */
function withoutQuotation(finding: Finding): Finding {
  return finding.check === "daemon"
    ? { ...finding, message: "it does not start; its reason is not shown here" }
    : finding;
}

async function describeDaemon(context: Context): Promise<object | null> {
  const client = await findDaemon(context);
  if (client === undefined) return null;
  const status = await client.call("daemon.status", {});
  client.close();
  // Warnings may quote the configuration.
  return { ...runningDocument(status), warnings: status.warnings.length };
}

/** What stands in the state directory itself: its own names, none that a person gave. */
function filesIn(stateDir: string): readonly object[] {
  if (lstatSync(stateDir, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(stateDir).map((name) => {
    const stats = lstatSync(join(stateDir, name), { throwIfNoEntry: false });
    return { name, bytes: stats?.size ?? null, mode: stats === undefined ? null : (stats.mode & 0o7777).toString(8) };
  });
}
