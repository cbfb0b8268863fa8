import { createHash } from "node:crypto";
import { homedir, tmpdir } from "node:os";
import { posix, win32 } from "node:path";

/** What the places of our files depend on. Everything is passed in, so that each platform's rules can be tested on any other. */
export interface PathSurroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homedir: string;
  readonly tmpdir: string;
  readonly cwd: string;
  /** Undefined on Windows, where temporary directories already belong to one user. */
  readonly uid: number | undefined;
}

/** What the command line said; relative paths are relative to the working directory. */
export interface PathChoices {
  /** `--state-dir` */
  readonly stateDir?: string | undefined;
  /** `--config` */
  readonly configFile?: string | undefined;
}

export interface Paths {
  readonly stateDir: string;
  readonly logFile: string;
  /** The global configuration file when nobody named another one. It need not exist. */
  readonly defaultConfigFile: string;
  /** The file named by `--config` or ORCHASTRATION_CONFIG; null: none was named. */
  readonly namedConfigFile: string | null;
  /** ORCHASTRATION_SOCKET: a daemon that is to be reached there and nowhere else. Null when unset or beaten by `--state-dir`. */
  readonly namedSocket: string | null;
  /** Directories for sockets, the preferred one first. Every one of them leaves room for the longest socket name within the platform's limit. */
  readonly runtimeDirs: readonly string[];
  /** Where this user's services are described: systemd's units, launchd's agents; on Windows our own folder, for the task scheduler to read. */
  readonly serviceDir: string;
}

/** Bytes of a socket's path without the final NUL (`sun_path`); a longer one is cut off silently by some systems. */
export function socketPathLimitBytes(platform: NodeJS.Platform): number {
  return platform === "linux" ? 107 : 103;
}

const HASH_LENGTH = 16;
const LONGEST_SOCKET_NAME = `/${"h".repeat(HASH_LENGTH)}-${"i".repeat(12)}.sock`;

/**
 * The only place that knows where things are kept. Relative XDG values are ignored, as the XDG specification demands. What few need is worked out
 * when asked for: joining paths is a noticeable part of a command's start.
 */
export function resolvePaths(surroundings: PathSurroundings, choices: PathChoices = {}): Paths {
  const { platform, env, cwd } = surroundings;
  const path = platform === "win32" ? win32 : posix;
  const absolute = (name: string): string | undefined => {
    const value = env[name];
    return value !== undefined && path.isAbsolute(value) ? value : undefined;
  };
  const fromCwd = (value: string | undefined): string | undefined =>
    value === undefined || value === "" ? undefined : path.resolve(cwd, value);

  const flaggedStateDir = fromCwd(choices.stateDir);
  const givenStateDir = flaggedStateDir ?? fromCwd(env["ORCHASTRATION_STATE_DIR"]);
  const cacheDir = path.join(cacheHome(surroundings, absolute), "orchastration");
  const stateDir = givenStateDir ?? path.join(cacheDir, "state");
  return {
    stateDir,
    logFile: path.join(givenStateDir ?? cacheDir, "orchastration.log"),
    get defaultConfigFile() {
      return path.join(configHome(surroundings, absolute), "orchastration", "config.toml");
    },
    namedConfigFile: fromCwd(choices.configFile) ?? fromCwd(env["ORCHASTRATION_CONFIG"]) ?? null,
    namedSocket: flaggedStateDir === undefined ? (namedSocket(platform, env, fromCwd) ?? null) : null,
    get runtimeDirs() {
      return runtimeDirs(surroundings, cacheDir, absolute);
    },
    get serviceDir() {
      return serviceDir(surroundings, cacheDir, absolute);
    },
  };
}

type AbsoluteVariable = (name: string) => string | undefined;

function cacheHome({ platform, homedir }: PathSurroundings, absolute: AbsoluteVariable): string {
  switch (platform) {
    case "win32":
      return absolute("LOCALAPPDATA") ?? win32.join(homedir, "AppData", "Local");
    case "darwin":
      return posix.join(homedir, "Library", "Caches");
    default:
      return absolute("XDG_CACHE_HOME") ?? posix.join(homedir, ".cache");
  }
}

function configHome({ platform, homedir }: PathSurroundings, absolute: AbsoluteVariable): string {
  return platform === "win32"
    ? (absolute("APPDATA") ?? win32.join(homedir, "AppData", "Roaming"))
    : (absolute("XDG_CONFIG_HOME") ?? posix.join(homedir, ".config"));
}

function serviceDir(surroundings: PathSurroundings, cacheDir: string, absolute: AbsoluteVariable): string {
  switch (surroundings.platform) {
    case "win32":
      return cacheDir;
    case "darwin":
      return posix.join(surroundings.homedir, "Library", "LaunchAgents");
    default:
      return posix.join(configHome(surroundings, absolute), "systemd", "user");
  }
}

function namedSocket(
  platform: NodeJS.Platform,
  env: PathSurroundings["env"],
  fromCwd: (value: string | undefined) => string | undefined,
): string | undefined {
  const value = env["ORCHASTRATION_SOCKET"];
  return platform === "win32" && value?.startsWith("\\\\") ? value : fromCwd(value);
}

function runtimeDirs(surroundings: PathSurroundings, cacheDir: string, absolute: AbsoluteVariable): readonly string[] {
  const { platform, tmpdir, uid } = surroundings;
  if (platform === "win32") return [win32.join(cacheDir, "runtime")];
  const session = absolute("XDG_RUNTIME_DIR");
  const ofUser = `orchastration-${uid ?? "user"}`;
  const candidates = [
    ...(session === undefined ? [] : [posix.join(session, "orchastration")]),
    ...(posix.isAbsolute(tmpdir) ? [posix.join(tmpdir, ofUser)] : []),
    `/tmp/${ofUser}`,
  ];
  const limit = socketPathLimitBytes(platform);
  return [...new Set(candidates)].filter((dir) => Buffer.byteLength(dir + LONGEST_SOCKET_NAME) <= limit);
}

/**
 * Where the daemon of a state directory listens, or one of its supervisors. `stateDir` must be canonical: two spellings of one directory would
 * give two sockets. On Windows the name is random and known from the endpoint record alone, so that nobody can take it first.
 */
export function socketPath(
  place: { readonly runtimeDir: string; readonly stateDir: string; readonly supervisor?: string },
  platform: NodeJS.Platform = process.platform,
): string {
  if (platform === "win32") return `\\\\.\\pipe\\orchastration-${crypto.randomUUID()}`;
  const hash = createHash("sha256").update(place.stateDir).digest("hex").slice(0, HASH_LENGTH);
  const name = place.supervisor === undefined ? hash : `${hash}-${place.supervisor}`;
  return posix.join(place.runtimeDir, `${name}.sock`);
}

/** The paths of this process. */
export function currentPaths(choices: PathChoices = {}): Paths {
  return resolvePaths(
    {
      platform: process.platform,
      env: process.env,
      // Looked at when needed, and where `homedir` looks first: loading the module that has both takes as long as everything else here.
      get homedir() {
        return (process.platform === "win32" ? undefined : process.env["HOME"]) ?? homedir();
      },
      get tmpdir() {
        return tmpdir();
      },
      cwd: process.cwd(),
      uid: process.getuid?.(),
    },
    choices,
  );
}
