import { existsSync } from "node:fs";
import type { Finding, Run } from "@orchastration/protocol/contract";
import type { Heads } from "../audit/heads.ts";
import type { Registry } from "../registry/registry.ts";
import { failure, ok, warning } from "./doctor-finding.ts";
import { findDroppedOutput } from "./dropped-output.ts";
import { flawOfJournal, type JournalFlaw, openToOthers } from "./repair.ts";
import { flawOfHead } from "./verify-audit.ts";

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
  return failure("permissions", `open to other users: ${open.join(", ")}`, "Run `orchastration doctor --repair`.");
}

/** Every signed head against the key and the log. */
export function checkHeads(heads: Pick<Heads, "read">, registry: Pick<Registry, "events">): Finding {
  const stored = [...heads.read()];
  const broken = stored.find((each) => flawOfHead(each, registry.events) !== undefined);
  if (broken === undefined) return ok("signed heads", `${stored.length} signed heads fit the log`);
  return failure(
    "signed heads",
    `that of event ${broken.seq} does not: ${flawOfHead(broken, registry.events) ?? ""}`,
    "`orchastration audit verify` looks at everything. docs/audit.md says what a signed head proves.",
  );
}

/** What a program is needed for, and the first version that can do it. */
const NEEDED_PROGRAMS = {
  git: { first: [2, 38], why: "Worktrees of tasks need git 2.38 or later." },
  gh: { first: [2, 0], why: "Issues on GitHub need gh 2.0 or later." },
} as const;

/** git is needed by tasks, gh by issues: neither by jobs. */
export async function checkPrograms(
  findVersion: (program: "git" | "gh") => Promise<string | undefined>,
): Promise<Finding[]> {
  return await Promise.all(
    (["git", "gh"] as const).map(async (check): Promise<Finding> => {
      const { first, why: hint } = NEEDED_PROGRAMS[check];
      const version = await findVersion(check);
      if (version === undefined) return warning(check, `${check} is not on the daemon's PATH`, hint);
      if (isOlder(version, first)) return warning(check, `${version} is too old`, hint);
      return ok(check, version);
    }),
  );
}

/** A version that cannot be read is given the benefit of the doubt. */
function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, foundMajor, foundMinor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  if (foundMajor === undefined) return false;
  return Number(foundMajor) < major || (Number(foundMajor) === major && Number(foundMinor) < minor);
}

/** Processes that hold sessions for this state directory, and that the daemon does not know. */
export function checkSupervisors(
  live: readonly { readonly pid: number }[],
  known: readonly { readonly pid: number }[],
): Finding {
  const strangers = live.filter(({ pid }) => !known.some((each) => each.pid === pid));
  if (strangers.length === 0) return ok("supervisors", `${known.length} connected`);
  const pids = strangers.map(({ pid }) => pid).join(", ");
  return warning(
    "supervisors",
    `not connected: pid ${pids}`,
    "`orchastration daemon restart` takes over what they hold.",
  );
}

/** What the daemon has to write, and could not yet. */
export function checkTroubles(troubles: readonly string[]): Finding {
  if (troubles.length === 0) return ok("writing", "nothing waits to be written");
  const hint = "Mend that: it is tried again every ten seconds at least, and needs no restart.";
  return failure("writing", troubles.join("; "), hint);
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
      : failure(
          "records",
          `${records.length} record files are missing`,
          "Run `orchastration doctor --rewrite-records`.",
        ),
    outputs.length === 0
      ? ok("output", `the output of ${ended.length} recent runs is there`)
      : warning(
          "output",
          `the output of ${outputs.length} recent runs was removed`,
          "It cannot be brought back; its digests are still in the record.",
        ),
  ];
}

/** The journals of recent terminals that have ended and are still there. */
export function endedJournals(registry: Pick<Registry, "runs">): readonly Run[] {
  return registry.runs
    .list({ limit: RUNS_LOOKED_AT })
    .filter(({ isTty, state, output }) => isTty && "endedAt" in state && existsSync(output.stdoutPath));
}

/** Indexes that end in the middle or are gone, and segments without a digest: what a power failure leaves. The output itself is whole. */
export function checkJournals(registry: Pick<Registry, "runs">): Finding {
  const journals = endedJournals(registry);
  const flaws = journals.map(({ id, output }) => ({ id, flaw: flawOfJournal(output.stdoutPath) }));
  const unreadable = flaws.flatMap(({ id, flaw }) => (flaw?.kind === "unreadable" ? [`${id} (${flaw.why})`] : []));
  if (unreadable.length > 0) {
    const hint =
      "`orchastration show <run>` names its recording: look whether the file system lets you read all of it.";
    return failure("journals", `of runs whose recordings cannot be read: ${unreadable.join(", ")}`, hint);
  }
  const damaged = flaws.filter(({ flaw }) => flaw !== undefined);
  if (damaged.length === 0) return ok("journals", `${journals.length} recordings of recent terminals are whole`);
  const runsWith = (kind: JournalFlaw["kind"]): string =>
    damaged.flatMap(({ id, flaw }) => (flaw?.kind === kind ? [id] : [])).join(", ");
  const [torn, without] = [runsWith("torn"), runsWith("without-index")];
  const messages = [
    torn === "" ? [] : `torn, of the recordings of runs ${torn}: their index or the digest of a segment`,
    without === "" ? [] : `gone, of the recordings of runs ${without}: their index, and with it when what was put out`,
  ].flat();
  return warning("journals", messages.join("; "), "Run `orchastration doctor --repair`.");
}
