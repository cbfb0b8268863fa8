import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join, sep } from "node:path";

/** A value for a configuration key that beats every file. */
export type Setting = readonly [key: string, value: string];

/**
 * What holds for every git we run: git reads its configuration from a repository we do not trust, and nobody sits at a terminal.
 * Source: git-config(1), git(1) "environment variables", spec of the service, "security" 7.
 */
export const HARDENED: readonly string[] = [
  "--no-pager",
  ...[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "safe.bareRepository=explicit",
    "protocol.ext.allow=never",
    // A checkout or status would go on into repositories of their own, with a configuration of their own.
    "submodule.recurse=false",
    // Would go on in the background after the command has ended.
    "gc.auto=0",
    "maintenance.auto=false",
    // Answers that depend on what another program noted down some time ago.
    "core.untrackedCache=false",
    "i18n.commitEncoding=UTF-8",
    "i18n.logOutputEncoding=UTF-8",
  ].flatMap((setting) => ["-c", setting]),
];

const FIXED: Readonly<Record<string, string>> = {
  GIT_TERMINAL_PROMPT: "0",
  // Beat core.editor and sequence.editor of the repository.
  GIT_EDITOR: ":",
  GIT_SEQUENCE_EDITOR: ":",
  // A repository that lacks objects may name a command that fetches them. The second one is for gits before 2.45.
  GIT_NO_LAZY_FETCH: "1",
  GIT_ALLOW_PROTOCOL: "none",
  LC_ALL: "C",
};

/** The environment of a git that works in `folders`: nothing of git's own is inherited, and no program is found in there. */
export function gitEnvironment(
  folders: readonly string[],
  settings: readonly Setting[],
  variables: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^GIT_|^path$/i.test(name));
  const PATH = safePath(folders).join(delimiter);
  return { ...Object.fromEntries(own), ...FIXED, PATH, ...asVariables(settings), ...variables };
}

/** git, or GitHub's program, as an absolute path; undefined when there is none outside of these folders. */
export function findProgram(program: "git" | "gh", folders: readonly string[]): string | undefined {
  const name = process.platform === "win32" ? `${program}.exe` : program;
  return safePath(folders)
    .map((folder) => join(folder, name))
    .find(isProgram);
}

/** A relative entry would find a program in whatever directory is current, one inside the repository the repository's own. */
function safePath(folders: readonly string[]): string[] {
  const path = process.env.PATH ?? process.env.Path ?? "/usr/bin:/bin";
  const roots = folders.map(realOrSame);
  return path.split(delimiter).filter((entry) => isAbsolute(entry) && !roots.some((root) => isInside(entry, root)));
}

function isInside(path: string, folder: string): boolean {
  return `${realOrSame(path)}${sep}`.startsWith(`${folder}${sep}`);
}

function realOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** `-c` would split a name that has an equals sign in it, which a filter's may. */
function asVariables(settings: readonly Setting[]): Record<string, string> {
  const pairs = settings.flatMap(([key, value], index): Setting[] => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return Object.fromEntries([...pairs, ["GIT_CONFIG_COUNT", String(settings.length)]]);
}
