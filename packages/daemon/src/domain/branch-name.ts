import { formatTaskName, type TaskName } from "@orchastration/protocol";

/** A loose ref is a file, its lock another: file systems allow 255 bytes for each part. */
const mostNameBytes = 200;

/** Stricter than git, which allows what shells, terminals or other file systems do not. Source of git's own rules: git-check-ref-format(1). */
const faults: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^$/, "it is empty"],
  [/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Zs}]/u, "it contains a space, a control or an invisible character"],
  [/[~^:?*[\\<>"|]/, 'it contains one of ~ ^ : ? * [ \\ < > " |'],
  [/@\{|^@$/, "it contains @{, or is @ alone"],
  [/\.\./, "it contains two dots"],
  [/^\/|\/$|\/\//, "one of its parts is empty"],
  [/(^|\/)-/, "one of its parts begins with a dash, as an option would"],
  [/(^|\/)\./, "one of its parts begins with a dot"],
  [/\.(\/|$)/, "one of its parts ends with a dot"],
  [/\.lock(\/|$)/i, "one of its parts ends with .lock"],
  [/(^|\/)(con|prn|aux|nul|(com|lpt)[0-9])(\.|\/|$)/i, "one of its parts is the name of a device on Windows"],
  [/~\d|(^|\/)git~\d/i, "it looks like a short file name of Windows"],
  [/^(HEAD|FETCH_HEAD|ORIG_HEAD|MERGE_HEAD)$/i, "git has that name for something else"],
  [/^refs\//, "it is the full name of a ref; give the branch alone"],
  [/^[0-9a-f]{40}([0-9a-f]{24})?$/, "it looks like the id of a commit"],
];

/** Why `name` cannot be a branch; `undefined` when it can. git itself is asked as well before one is made. */
export function findBranchFault(name: string): string | undefined {
  if (new TextEncoder().encode(name).length > mostNameBytes) return `it is longer than ${mostNameBytes} bytes`;
  return faults.find(([pattern]) => pattern.test(name))?.[1];
}

/** The folder of refs in which our branches live. */
const branchFolder = "orchastration";

/**
 * The branch that a person works on for a task, `task/<name>`: of any name, however it came about, one component that `findBranchFault` lets pass, or
 * one that it refuses.
 */
export function workBranch(name: string, repo: "orchastration" | "external"): string {
  const safe = name
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{M}\p{N}._-]+/gu, "-")
    .replaceAll(/\.{2,}/g, ".")
    .replace(/^[-.]+/, "")
    .replace(/[-.]+$/, "")
    .replace(/\.lock$/i, "-lock");
  return `task/${repo === "external" ? "external-" : ""}${safe}`;
}

/** The branch of a task. */
export function taskBranch(name: TaskName): string {
  return `${branchFolder}/${formatTaskName(name)}`;
}
