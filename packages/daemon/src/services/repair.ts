import { chmodSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "@orchastration/protocol";
import { findJournalDamage, repairJournal } from "@orchastration/protocol/node";

/** The state directory and what stands in it: what of it others may reach. */
export function openToOthers(paths: readonly string[]): readonly string[] {
  if (process.platform === "win32") return [];
  return paths.filter((path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats !== undefined && !stats.isSymbolicLink() && (stats.mode & 0o077) !== 0;
  });
}

export function statePaths(stateDir: string): readonly string[] {
  return [stateDir, ...readdirSync(stateDir).map((name) => join(stateDir, name))];
}

export type JournalFlaw =
  | { readonly kind: "torn" }
  /** Times and sizes are lost; the output is not. */
  | { readonly kind: "without-index" }
  | { readonly kind: "unreadable"; readonly why: string };

/** What is wrong with the journal of a terminal that has ended. */
export function flawOfJournal(directory: string): JournalFlaw | undefined {
  try {
    const damage = findJournalDamage(directory);
    if (damage === undefined) return undefined;
    return { kind: damage.isIndexGone ? "without-index" : "torn" };
  } catch (error) {
    return { kind: "unreadable", why: messageOf(error) };
  }
}

export interface RepairDependencies {
  /** What nobody else may read. */
  readonly privatePaths: () => readonly string[];
  /** Directories of journals that nobody writes any more. */
  readonly journals: () => readonly string[];
  readonly areRecordsMissing: () => boolean;
  /** How many there are. */
  readonly rewriteRecords: () => Promise<number>;
  /** Answers the files it removed. */
  readonly sweepTemporaries: () => Promise<readonly string[]>;
  readonly forgetDeadSupervisors: () => Promise<void>;
}

/** Mends what can be mended without losing anything or guessing; a sentence for each thing that was done. */
export function createRepair(deps: RepairDependencies): () => Promise<string[]> {
  return async () => {
    const done: string[] = [];
    for (const path of openToOthers(deps.privatePaths())) {
      chmodSync(path, lstatSync(path).mode & 0o700);
      done.push(`${path} is open to nobody else any more`);
    }
    for (const journal of deps.journals()) {
      const flaw = flawOfJournal(journal);
      if (flaw === undefined || flaw.kind === "unreadable") continue;
      repairJournal(journal);
      done.push(
        flaw.kind === "torn"
          ? `the index and the digests of ${journal} fit its output again`
          : `${journal} has an index again, made from its output: when each part of that came, and the sizes of the terminal, are lost`,
      );
    }
    if (deps.areRecordsMissing()) done.push(`${await deps.rewriteRecords()} records were written again`);
    for (const path of await deps.sweepTemporaries()) done.push(`${path} was removed: what it was to replace is whole`);
    await deps.forgetDeadSupervisors();
    return done;
  };
}
