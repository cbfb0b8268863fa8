import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type PathChoices,
  type PathSurroundings,
  resolvePaths,
  socketPath,
  socketPathLimitBytes,
} from "../../src/node/paths.ts";

const LINUX: PathSurroundings = {
  platform: "linux",
  env: {},
  homedir: "/home/ada",
  tmpdir: "/tmp",
  cwd: "/home/ada/work",
  uid: 1000,
};
const MACOS: PathSurroundings = {
  ...LINUX,
  platform: "darwin",
  homedir: "/Users/ada",
  tmpdir: "/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T",
  uid: 501,
};
const WINDOWS: PathSurroundings = {
  platform: "win32",
  env: { LOCALAPPDATA: "C:\\Users\\ada\\AppData\\Local", APPDATA: "C:\\Users\\ada\\AppData\\Roaming" },
  homedir: "C:\\Users\\ada",
  tmpdir: "C:\\Users\\ada\\AppData\\Local\\Temp",
  cwd: "C:\\work",
  uid: undefined,
};

function linux(env: Record<string, string>, choices: PathChoices = {}) {
  return resolvePaths({ ...LINUX, env }, choices);
}

describe("where things are kept", () => {
  test("Linux without variables uses the home directory and the temporary directory", () => {
    expect(linux({})).toEqual({
      stateDir: "/home/ada/.cache/orchastration/state",
      logFile: "/home/ada/.cache/orchastration/orchastration.log",
      defaultConfigFile: "/home/ada/.config/orchastration/config.toml",
      namedConfigFile: null,
      namedSocket: null,
      runtimeDirs: ["/tmp/orchastration-1000"],
      serviceDir: "/home/ada/.config/systemd/user",
    });
  });

  test("Linux follows the XDG variables", () => {
    const paths = linux({ XDG_CACHE_HOME: "/c", XDG_CONFIG_HOME: "/k", XDG_RUNTIME_DIR: "/run/user/1000" });
    expect(paths.stateDir).toBe("/c/orchastration/state");
    expect(paths.logFile).toBe("/c/orchastration/orchastration.log");
    expect(paths.defaultConfigFile).toBe("/k/orchastration/config.toml");
    expect(paths.runtimeDirs).toEqual(["/run/user/1000/orchastration", "/tmp/orchastration-1000"]);
  });

  test("relative and empty XDG variables are ignored", () => {
    expect(linux({ XDG_CACHE_HOME: "c", XDG_CONFIG_HOME: "./k", XDG_RUNTIME_DIR: "" })).toEqual(linux({}));
  });

  test("macOS keeps state among the caches and configuration where Linux does", () => {
    const paths = resolvePaths(MACOS);
    expect(paths.stateDir).toBe("/Users/ada/Library/Caches/orchastration/state");
    expect(paths.logFile).toBe("/Users/ada/Library/Caches/orchastration/orchastration.log");
    expect(paths.defaultConfigFile).toBe("/Users/ada/.config/orchastration/config.toml");
    expect(paths.runtimeDirs[0]).toBe(`${MACOS.tmpdir}/orchastration-501`);
    expect(paths.serviceDir).toBe("/Users/ada/Library/LaunchAgents");
  });

  test("Windows uses the local and the roaming application folders, also without their variables", () => {
    const expected = {
      stateDir: "C:\\Users\\ada\\AppData\\Local\\orchastration\\state",
      logFile: "C:\\Users\\ada\\AppData\\Local\\orchastration\\orchastration.log",
      defaultConfigFile: "C:\\Users\\ada\\AppData\\Roaming\\orchastration\\config.toml",
      namedConfigFile: null,
      namedSocket: null,
      runtimeDirs: ["C:\\Users\\ada\\AppData\\Local\\orchastration\\runtime"],
      serviceDir: "C:\\Users\\ada\\AppData\\Local\\orchastration",
    };
    expect(resolvePaths(WINDOWS)).toEqual(expected);
    expect(resolvePaths({ ...WINDOWS, env: {} })).toEqual(expected);
  });

  test("a state directory that was given holds its log file, whether named by flag or by environment", () => {
    expect(linux({}, { stateDir: "/s" })).toMatchObject({ stateDir: "/s", logFile: "/s/orchastration.log" });
    expect(linux({ ORCHASTRATION_STATE_DIR: "/e" })).toMatchObject({ stateDir: "/e", logFile: "/e/orchastration.log" });
  });

  test("flags beat the environment, and relative paths are meant from the working directory", () => {
    const env = { ORCHASTRATION_STATE_DIR: "/e", ORCHASTRATION_CONFIG: "/e.toml" };
    expect(linux(env)).toMatchObject({ stateDir: "/e", namedConfigFile: "/e.toml" });
    expect(linux(env, { stateDir: "s", configFile: "../c.toml" })).toMatchObject({
      stateDir: "/home/ada/work/s",
      namedConfigFile: "/home/ada/c.toml",
    });
  });

  test("--state-dir beats ORCHASTRATION_SOCKET, which beats the state directory of the environment", () => {
    const env = { ORCHASTRATION_STATE_DIR: "/e", ORCHASTRATION_SOCKET: "/x.sock" };
    expect(linux(env).namedSocket).toBe("/x.sock");
    expect(linux(env, { stateDir: "/s" }).namedSocket).toBeNull();
  });

  test("a named Windows pipe is taken as it is", () => {
    const env = { ...WINDOWS.env, ORCHASTRATION_SOCKET: "\\\\.\\pipe\\x" };
    expect(resolvePaths({ ...WINDOWS, env }).namedSocket).toBe("\\\\.\\pipe\\x");
  });
});

describe("socket paths", () => {
  test("the daemon and each supervisor of a state directory have their own, different from another directory's", () => {
    const place = { runtimeDir: "/run/user/1000/orchastration", stateDir: "/s" };
    const daemon = socketPath(place, "linux");
    expect(daemon).toMatch(/^\/run\/user\/1000\/orchastration\/[0-9a-f]{16}\.sock$/);
    expect(socketPath(place, "linux")).toBe(daemon);
    expect(socketPath({ ...place, supervisor: "2c9dk3mf0w1x" }, "linux")).toBe(
      daemon.replace(".sock", "-2c9dk3mf0w1x.sock"),
    );
    expect(socketPath({ ...place, stateDir: "/t" }, "linux")).not.toBe(daemon);
  });

  test("never exceed the limit of the platform, whatever the environment says", () => {
    const anyPath = fc
      .array(fc.stringMatching(/^[a-zß漢 ]{1,40}$/), { maxLength: 8 })
      .map((parts) => `/${parts.join("/")}`);
    fc.assert(
      fc.property(anyPath, anyPath, fc.constantFrom(LINUX, MACOS), (runtime, tmpdir, system) => {
        const { runtimeDirs } = resolvePaths({ ...system, tmpdir, env: { XDG_RUNTIME_DIR: runtime } });
        expect(runtimeDirs.length).toBeGreaterThan(0);
        for (const runtimeDir of runtimeDirs) {
          const path = socketPath({ runtimeDir, stateDir: "/s", supervisor: "2c9dk3mf0w1x" }, system.platform);
          expect(Buffer.byteLength(path)).toBeLessThanOrEqual(socketPathLimitBytes(system.platform));
        }
      }),
    );
  });

  test("a Windows pipe has a name nobody can guess", () => {
    const place = { runtimeDir: "x", stateDir: "y" };
    expect(socketPath(place, "win32")).toMatch(/^\\\\\.\\pipe\\orchastration-[0-9a-f-]{36}$/);
    expect(socketPath(place, "win32")).not.toBe(socketPath(place, "win32"));
  });
});
