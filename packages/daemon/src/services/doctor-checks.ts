import { existsSync } from "node:fs";
import type { Finding } from "@orchastration/protocol/contract";
import type { Heads } from "../audit/heads.ts";
import type { Registry } from "../registry/registry.ts";
import { findDroppedOutput } from "./dropped-output.ts";
import { openToOthers } from "./repair.ts";
import type { SessionDirectories } from "./session-directories.ts";
import { flawOfHead } from "./verify-audit.ts";

const ok = (check: string, message: string): Finding => ({ check, status: "ok", message, hint: null });
const failure = (check: string, message: string, hint: string): Finding => ({ check, status: "error", message, hint });

/** Recent runs whose output is looked for. */
const RUNS_LOOKED_AT = 200;

/** The chain of all events, and every run against what the log says of it. */
export async function checkChain(registry: Pick<Registry, "verify">): Promise<Finding> {
  const verification = await registry.verify();
  if (verification.ok) return ok("event chain", `${verification.events} events verified`);
  return failure(
    "event chain",
    `event ${verification.seq}: ${verification.reason}`,
    "The registry was changed by something else than its daemon. Keep a copy of the state directory, and compare it with a backup.",
  );
}

/** Others must not be able to read or replace what is kept. On Windows the user's profile protects it. */
export function checkPrivacy(paths: readonly string[]): Finding {
  const open = openToOthers(paths);
  if (open.length === 0) return ok("permissions", "nothing is open to other users");
  return failure("permissions", `open to other users: ${open.join(", ")}`, "Run: orchastration doctor --repair");
}

/** Every signed head against the key and the log. */
export function checkHeads(heads: Pick<Heads, "read">, registry: Pick<Registry, "events">): Finding {
  const stored = [...heads.read()];
  const broken = stored.find((each) => flawOfHead(each, registry.events) !== undefined);
  if (broken === undefined) return ok("signed heads", `${stored.length} signed heads fit the log`);
  return failure(
    "signed heads",
    `that of event ${broken.seq} does not: ${flawOfHead(broken, registry.events) ?? ""}`,
    "orchastration audit verify looks at everything. docs/audit.md says what a signed head proves.",
  );
}

/** git is needed by tasks, gh by issues: neither by jobs. */
export async function checkPrograms(
  findVersion: (program: "git" | "gh") => Promise<string | undefined>,
): Promise<Finding[]> {
  const needs = { git: "Worktrees of tasks need git 2.38 or later.", gh: "Issues on GitHub need gh." } as const;
  return await Promise.all(
    (["git", "gh"] as const).map(async (check): Promise<Finding> => {
      const message = await findVersion(check);
      if (message !== undefined) return ok(check, message);
      return { check, status: "warning", message: `${check} is not on the daemon's PATH`, hint: needs[check] };
    }),
  );
}

/** Processes that hold sessions for this state directory, and that the daemon does not know. */
export function checkSupervisors(
  live: readonly { readonly pid: number }[],
  known: readonly { readonly pid: number }[],
): Finding {
  const strangers = live.filter(({ pid }) => !known.some((each) => each.pid === pid));
  if (strangers.length === 0) return ok("supervisors", `${known.length} connected`);
  return {
    check: "supervisors",
    status: "warning",
    message: `not connected: pid ${strangers.map(({ pid }) => pid).join(", ")}`,
    hint: "orchastration daemon restart takes over what they hold.",
  };
}

/** Record files and output of recent runs. Records can be written again; output that was removed is only said. */
export function checkRecords(registry: Pick<Registry, "runs" | "events">): Finding[] {
  const ended = registry.runs.list({ limit: RUNS_LOOKED_AT }).filter(({ state }) => "endedAt" in state);
  const records = ended.filter((run) => run.state.status !== "cancelled" && !existsSync(run.recordPath));
  const outputs = ended.filter(
    (run) =>
      "exit" in run.state &&
      run.state.startedAt !== null &&
      !existsSync(run.output.stdoutPath) &&
      findDroppedOutput(registry.events, run) === undefined,
  );
  return [
    records.length === 0
      ? ok("records", `the records of ${ended.length} recent runs are there`)
      : failure("records", `${records.length} record files are missing`, "Run: orchastration doctor --rewrite-records"),
    outputs.length === 0
      ? ok("output", `the output of ${ended.length} recent runs is there`)
      : {
          check: "output",
          status: "warning",
          message: `the output of ${outputs.length} recent runs was removed`,
          hint: "It cannot be brought back; its digests are still in the record.",
        },
  ];
}

/** How many are named. */
const SHOWN_LEFTOVERS = 5;

/** Directories of sessions that no run tells of. What is not known is listed, never deleted. */
export function checkLeftovers(
  registry: Pick<Registry, "runs">,
  sessionDirectories: Pick<SessionDirectories, "names" | "pathOf">,
): Finding {
  const strangers = sessionDirectories.names().filter((name) => registry.runs.find(name) === undefined);
  if (strangers.length === 0) return ok("sessions", "every recorded session belongs to a run");
  const shown = strangers.slice(0, SHOWN_LEFTOVERS).map(sessionDirectories.pathOf);
  const others = strangers.length - shown.length;
  return {
    check: "sessions",
    status: "warning",
    message: `left over, of no run in the registry: ${shown.join(", ")}${others === 0 ? "" : ` and ${others} more`}`,
    hint: "Look at them; what nobody needs can be removed by hand.",
  };
}
