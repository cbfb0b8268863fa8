import { posix } from "node:path";
import type { SourceFile } from "./source-file.ts";

/** Something every source of the packages must keep. `find` names the places that do not: a path, and what is wrong there. */
export interface Rule {
  readonly name: string;
  readonly find: (sources: readonly SourceFile[]) => readonly string[];
}

/** Whom each package may import. Surfaces that do not exist yet are listed with those that do. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  client: ["protocol"],
  cli: ["client", "protocol"],
  mcp: ["client", "protocol"],
  tui: ["client", "protocol"],
  vscode: ["client", "protocol"],
  daemon: ["protocol"],
  supervisor: ["protocol"],
};

/** The daemon's folders from the bottom up. Those of one row do not know each other; files beside the folders are on top. */
const DAEMON_ROWS: readonly (readonly string[])[] = [
  ["domain"],
  [
    "registry",
    "audit",
    "events",
    "git",
    "hashing",
    "searching",
    "harnesses",
    "notifications",
    "processes",
    "supervisors",
    "screens",
    "config",
    "records",
    "task-files",
    "trust",
    "logging",
  ],
  ["services"],
  ["server"],
];

/** Every git it starts carries the same defences, with a program that was looked for outside of the repository. */
const GIT_FILE = "packages/daemon/src/git/run-git.ts";
const GH_FILE = "packages/daemon/src/git/run-gh.ts";

const ONE_FILE_PACKAGES = ["node-pty", "better-sqlite3", "@iarna/toml", "winston", "simple-git", "yaml"];

const PATHS_FILE = "packages/protocol/src/node/paths.ts";

export const RULES: readonly Rule[] = [
  {
    name: "packages import only the packages below them",
    find: eachImport(({ path }, { target }) => {
      const [from, to] = [packageOf(path), packageOf(target)];
      return to !== undefined && to !== from && ARROWS[from ?? ""]?.includes(to) !== true;
    }),
  },
  {
    name: "packages enter each other by their exported names",
    find: eachImport(({ path }, { specifier, target }) => {
      const to = packageOf(target);
      return specifier.startsWith(".") && packageOf(path) !== to;
    }),
  },
  {
    name: "protocol needs zod and json-rpc-2.0, and Node only in its node folder",
    find: eachImport(({ path }, { target }) => {
      if (packageOf(path) !== "protocol") return false;
      if (path.startsWith("packages/protocol/src/node/")) return isForeign(target) && !isAllowedInProtocol(target);
      const isNodes = target.startsWith("node:") || target.startsWith("packages/protocol/src/node/");
      return isNodes || (isForeign(target) && !isAllowedInProtocol(target));
    }),
  },
  {
    name: "the daemon's folders import only rows below their own",
    find: eachImport(({ path }, { target }) => {
      if (packageOf(path) !== "daemon" || packageOf(target) !== "daemon") return false;
      const [from, to] = [daemonFolder(path), daemonFolder(target)];
      return from !== to && rowOf(to) >= rowOf(from);
    }),
  },
  {
    name: "every folder of the daemon has its row",
    find: eachFile(({ path }) => packageOf(path) === "daemon" && rowOf(daemonFolder(path)) === UNKNOWN_ROW),
  },
  {
    name: "the domain is pure",
    find: eachImport(({ path }, { target }) => {
      if (packageOf(path) !== "daemon" || daemonFolder(path) !== "domain") return false;
      return !/^packages\/(daemon\/src\/domain|protocol\/src\/(?!node\/))/.test(target);
    }),
  },
  {
    name: "entries are not imported",
    find: eachImport((_, { target }) => /^packages\/[^/]+\/src\/main\.ts$/.test(target)),
  },
  { name: "no module imports itself, however many others lie between", find: findCycles },
  {
    name: "each of the packages with known faults has one importer",
    find: (sources) =>
      ONE_FILE_PACKAGES.flatMap((name) => {
        const importers = sources.filter(({ imports }) => imports.some(({ target }) => target === name));
        return importers.length <= 1 ? [] : importers.map(({ path }) => `${path}: ${name}`);
      }),
  },
  {
    name: "one file runs git, and one gh",
    find: (sources) => [
      ...eachImport(
        ({ path }, { target }) =>
          path.startsWith("packages/daemon/src/git/") &&
          path !== GIT_FILE &&
          path !== GH_FILE &&
          target === "node:child_process",
      )(sources),
      ...eachMatch("code", /\b(?:spawn|execFile)(?:Sync)?\(\s*["']git(?:\.exe)?["']/g)(sources),
    ],
  },
  {
    name: "one file of a folder creates its worker threads",
    find: (sources) => {
      const creators = sources.filter(({ bare }) => /\bnew Worker\b/.test(bare));
      return creators
        .filter(({ path }) =>
          creators.some((other) => other.path !== path && posix.dirname(other.path) === posix.dirname(path)),
        )
        .map(({ path }) => path);
    },
  },
  {
    name: "one file reads where the user's directories are",
    find: eachMatch(
      "code",
      /\bhomedir\b|["'.](?:HOME|USERPROFILE|(?:LOCAL|Local)?(?:APPDATA|AppData)|XDG_[A-Z_]+)\b/g,
      ({ path }) => path !== PATHS_FILE,
    ),
  },
  {
    name: "only what faces a person writes to the standard streams or ends the process",
    find: eachMatch("bare", /\bprocess\.(?:stdout|stderr|exit\b)|\bconsole\./g, ({ path }) => !facesPerson(path)),
  },
  {
    name: "a directive that silences a tool names its rule and says why",
    find: eachMatch(
      "text",
      /(?:eslint|oxlint)-disable.*|biome-ignore.*|@ts-(?:ignore|nocheck|expect-error).*/g,
      (_, directive) => isUnexplained(directive),
    ),
  },
  { name: "nothing is of type any", find: eachMatch("bare", /(?<!\.)\bany\b(?!\s*[(:?])/g) },
  {
    name: "names say what is inside",
    find: eachFile(({ path }) => {
      const names = path
        .replace(/^packages\//, "")
        .replace(/\.ts$/, "")
        .split("/");
      return names.some((name) => /^(?:data|info)$|(?:^|-)(?:utils?|helpers?|common|manager|misc)(?:-|$)/.test(name));
    }),
  },
  {
    name: "a message puts a command between backticks",
    find: eachMatch(
      "code",
      /(?:\s|"|[^$]\()orchastration (?:--help\b|[a-z]+)/g,
      ({ path }) => !path.startsWith("packages/cli/src/shells/"),
    ),
  },
  {
    name: "commands are argv arrays, never a shell's string",
    find: (sources) => [
      ...eachMatch(
        "code",
        /\bshell\s*:\s*(?!false\b)\S+|\bspawn(?:Sync)?\(\s*["'](?:\/bin\/)?(?:sh|bash|cmd(?:\.exe)?)["']/g,
      )(sources),
      ...eachImport(
        (_, { target, clause }) =>
          target === "node:child_process" && /\bexec(?:Sync)?\b|\*|^\w/.test(clause.replace(/^type\b/, "")),
      )(sources),
    ],
  },
  {
    name: "nothing listens on a network",
    find: (sources) => [
      ...eachMatch("bare", /\.listen\(\s*(?:\d|\{[^}]*\bport\b)|\bport\s*:\s*\d/g)(sources),
      ...eachImport((_, { target }) => /^node:(?:http|https|http2|tls|dgram)$/.test(target))(sources),
    ],
  },
];

const UNKNOWN_ROW = -1;

function eachFile(isWrong: (file: SourceFile) => boolean): Rule["find"] {
  return (sources) => sources.filter(isWrong).map(({ path }) => path);
}

function eachImport(isWrong: (file: SourceFile, found: SourceFile["imports"][number]) => boolean): Rule["find"] {
  return (sources) =>
    sources.flatMap((file) =>
      file.imports.filter((found) => isWrong(file, found)).map(({ specifier }) => `${file.path}: ${specifier}`),
    );
}

function eachMatch(
  view: "text" | "code" | "bare",
  pattern: RegExp,
  isWrong: (file: SourceFile, match: string) => boolean = () => true,
): Rule["find"] {
  return (sources) =>
    sources.flatMap((file) =>
      [...file[view].matchAll(pattern)]
        .filter(([match]) => isWrong(file, match))
        .map(({ 0: match, index }) => `${file.path}:${file.text.slice(0, index).split("\n").length}: ${match}`),
    );
}

function packageOf(path: string): string | undefined {
  return /^packages\/(?<name>[^/]+)\//.exec(path)?.groups?.["name"];
}

function isForeign(target: string): boolean {
  return !target.startsWith("packages/") && !target.startsWith("node:");
}

function isAllowedInProtocol(target: string): boolean {
  return target === "zod" || target === "json-rpc-2.0";
}

/** The folder of a file in the daemon's sources; empty for a file beside the folders. */
function daemonFolder(path: string): string {
  return /^packages\/daemon\/src\/(?<folder>[^/]+)\//.exec(path)?.groups?.["folder"] ?? "";
}

function rowOf(folder: string): number {
  return folder === "" ? DAEMON_ROWS.length : DAEMON_ROWS.findIndex((row) => row.includes(folder));
}

function facesPerson(path: string): boolean {
  return /^packages\/(?:cli|tui)\/src\/|^packages\/[^/]+\/src\/main\.ts$/.test(path);
}

/** Rules of the layers are never silenced; others by name, with a reason of a few words after `--`. */
function isUnexplained(directive: string): boolean {
  const [command = "", reason = ""] = directive.split(/\s--\s/);
  const namesRule =
    /^(?:(?:eslint|oxlint)-disable(?:-next-line|-line)?\s+\S|biome-ignore\s+\S|@ts-expect-error\b)/.test(command);
  const isLayering = /import\/|no-restricted|no-console|no-process-exit/.test(command);
  return !namesRule || isLayering || reason.trim().split(/\s+/).length < 3;
}

function findCycles(sources: readonly SourceFile[]): readonly string[] {
  const byPath = new Map(sources.map((file) => [file.path, file]));
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
    } else if (!finished.has(path)) {
      const targets = (byPath.get(path)?.imports ?? []).filter(({ isType }) => !isType).map(({ target }) => target);
      for (const target of new Set(targets)) visit(target, [...trail, path]);
      finished.add(path);
    }
  };
  for (const path of byPath.keys()) visit(path, []);
  return cycles;
}
