import type { Setting } from "./git-environment.ts";
import type { Git } from "./run-git.ts";

export interface DisarmedGit {
  /** Runs every command with the settings. */
  readonly git: Git;
  /** Put what the user has configured, or what git does by itself, in the place of the repository's own commands. */
  readonly settings: readonly Setting[];
  /** Names of filters that are switched off: files they apply to are checked out and compared as they are stored. */
  readonly filters: readonly string[];
}

interface Entry {
  readonly scope: string;
  readonly key: string;
  readonly value: string;
}

/**
 * The commands that the repository's own configuration, or a file it includes, would have git run in a checkout, a status, a merge or a commit,
 * and what replaces them. Whoever can write there (an agent can) is not the user; the same keys in the user's own configuration stand, git-lfs
 * for one. Whatever looks at files (status, but also ls-files and diff) may run them. Commands that git runs only for the network, an editor or a pager are cut off elsewhere.
 */
export async function disarm(git: Git): Promise<DisarmedGit> {
  const { stdout } = await git(["config", "--null", "--show-scope", "--list"]);
  const entries = parseEntries(stdout.toString("utf8"));
  const isLocal = ({ scope }: Entry) => scope === "local" || scope === "worktree";
  const own = new Map(entries.filter((entry) => !isLocal(entry)).map(({ key, value }) => [key, value]));
  const replaced = new Map<string, string>();
  const filters = new Set<string>();
  for (const { key } of entries.filter(isLocal)) {
    const replacement = replacementOf(key);
    if (replacement === undefined) continue;
    replaced.set(key, own.get(key) ?? replacement);
    const filter = /^filter\.(.*)\.(clean|smudge|process)$/s.exec(key)?.[1];
    if (filter !== undefined && !own.has(key)) {
      filters.add(filter);
      replaced.set(`filter.${filter}.required`, "false");
    }
  }
  const settings = [...replaced];
  const disarmed: Git = (args, call = {}) => git(args, { ...call, settings: [...settings, ...(call.settings ?? [])] });
  return { git: disarmed, settings, filters: [...filters] };
}

function parseEntries(listed: string): Entry[] {
  const fields = listed.split("\0");
  const entries: Entry[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [key = "", ...value] = (fields[index + 1] ?? "").split("\n");
    // The middle part of a key may contain a newline only when it is quoted, which git refuses.
    entries.push({ scope: fields[index] ?? "", key, value: value.join("\n") });
  }
  return entries;
}

/** What git would do without the key. Keys come with section and name in small letters. */
function replacementOf(key: string): string | undefined {
  if (/^filter\..*\.(clean|smudge|process)$/s.test(key)) return "";
  // An empty driver would silently take our side: this is what git does without one.
  if (/^merge\..*\.driver$/s.test(key)) return "git merge-file --marker-size=%L %A %O %B";
  if (/^branch\..*\.mergeoptions$/s.test(key)) return "";
  switch (key) {
    case "gpg.program":
    case "gpg.openpgp.program":
      return "gpg";
    case "gpg.x509.program":
      return "gpgsm";
    case "gpg.ssh.program":
      return "ssh-keygen";
    case "gpg.ssh.defaultkeycommand":
      return "";
    default:
      return undefined;
  }
}
