import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { until } from "../support/until.ts";

const socketOf = async (home: Home): Promise<string> => String((await home.json(["daemon", "status"])).socket);

describe("life of the daemon", () => {
  test("status tells 3 when none runs, and starts none", async () => {
    await using home = createHome();
    expect((await home.cli(["daemon", "status"])).code).toBe(3);
    expect(home.daemons()).toEqual([]);
  });

  test("status --json names what clients need", async () => {
    await using home = createHome();
    await home.cli(["daemon", "start"]);
    expect(await home.json(["daemon", "status"])).toMatchObject({
      pid: home.daemons()[0],
      version: expect.any(String),
      socket: expect.stringContaining(home.runtimeDir),
      state_dir: home.stateDir,
      sessions: 0,
    });
  });

  test("stop ends it and says how many sessions go on; the next one adopts them", async () => {
    await using home = createHome();
    await home.cli(["run", "--detach", "--", "sleep", "600"]);
    const stopped = await home.cli(["daemon", "stop"]);
    expect(stopped.code).toBe(0);
    expect(stopped.stdout + stopped.stderr).toMatch(/1 session/);
    expect(home.daemons()).toEqual([]);
    await home.cli(["daemon", "start"]);
    expect(await home.json(["daemon", "status"])).toMatchObject({ sessions: 1 });
  });

  test("stop --all ends the sessions as well", async () => {
    await using home = createHome();
    await home.cli(["run", "--detach", "--", "sleep", "600"]);
    expect((await home.cli(["daemon", "stop", "--all"])).code).toBe(0);
    const { runs } = (await home.json(["runs"])) as { runs: unknown[] };
    expect(runs).toMatchObject([{ status: "stopped" }]);
  });

  test("twenty commands at once with no daemon start exactly one", async () => {
    await using home = createHome();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => home.cli(["run", "--", "echo", "hi"])));
    expect(outcomes.map(({ code, stdout }) => `${code} ${stdout}`)).toEqual(Array(20).fill("0 hi\n"));
    expect(home.daemons()).toHaveLength(1);
    const { runs } = (await home.json(["runs", "--limit", "100"])) as { runs: unknown[] };
    expect(runs).toHaveLength(20);
  });

  test("ten running jobs do not notice a restart", async () => {
    await using home = createHome();
    const fifo = join(home.dir, "gate");
    execFileSync("mkfifo", [fifo]);
    const clients = Array.from({ length: 10 }, (_, n) =>
      home.start(["run", "--", "sh", "-c", `echo start ${n}; cat ${fifo}; echo end ${n}; exit ${n}`]),
    );
    await until(async () => Number((await home.json(["daemon", "status"])).sessions) === 10);
    const before = home.daemons();
    expect((await home.cli(["daemon", "restart"])).code).toBe(0);
    // Waiting clients may have started daemons of their own meanwhile, which end when they find the lock taken.
    await until(() => home.daemons().length === 1);
    expect(home.daemons()).not.toEqual(before);
    // Every reader of the fifo sees its end when the last writer closes it.
    execFileSync("sh", ["-c", `exec 9<>${fifo}; exec 8>${fifo}; exec 9>&-`]);
    const outcomes = await Promise.all(clients.map(({ outcome }) => outcome));
    expect(outcomes.map(({ code, stdout }) => [code, stdout])).toEqual(
      outcomes.map((_, n) => [n, `start ${n}\nend ${n}\n`]),
    );
  });

  test("a daemon whose runtime directory vanished listens anew", async () => {
    await using home = createHome();
    await home.cli(["daemon", "start"]);
    const socket = await socketOf(home);
    // The daemon may make its socket anew in the middle of it.
    rmSync(dirname(socket), { recursive: true, maxRetries: 10 });
    await until(() => existsSync(socket));
    expect((await home.cli(["run", "--", "echo", "back"])).stdout).toBe("back\n");
    expect(home.daemons()).toHaveLength(1);
  });

  test("nothing of it listens on a network", async () => {
    await using home = createHome();
    await home.cli(["run", "--detach", "--", "sleep", "600"]);
    const owned = new Set(home.processes());
    const listening = execFileSync("ss", ["-Hltunp"]).toString();
    const ours = [...listening.matchAll(/pid=(\d+)/g)].filter(([, pid]) => owned.has(Number(pid)));
    expect(ours).toEqual([]);
  });

  test("sockets, state and runtime directory are the user's alone", async () => {
    await using home = createHome();
    await home.cli(["run", "--", "true"]);
    const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    const socket = await socketOf(home);
    expect([socket, dirname(socket), home.stateDir].map(mode)).toEqual(["600", "700", "700"]);
    const files = execFileSync("find", [home.stateDir, "-type", "f", "-perm", "/077"]).toString();
    expect(files).toBe("");
  });
});

describe("what may lie at the socket's path", () => {
  async function withPath(
    prepare: (path: string, home: Home) => void | Promise<void>,
  ): Promise<{ home: Home; path: string }> {
    const home = createHome();
    await home.cli(["daemon", "start"]);
    const path = await socketOf(home);
    await home.cli(["daemon", "stop"]);
    await prepare(path, home);
    return { home, path };
  }

  test.each<[string, (path: string, home: Home) => void, RegExp]>([
    ["a foreign file", (path) => writeFileSync(path, "precious"), /is a file, not a socket/],
    ["a symbolic link", (path, home) => symlinkSync(join(home.dir, "elsewhere"), path), /is a symbolic link/],
    ["a directory", (path) => mkdirSync(path), /is a directory/],
  ])("%s is refused and left alone", async (_name, prepare, message) => {
    const { home, path } = await withPath(prepare);
    await using _ = home;
    const { code, stderr } = await home.cli(["run", "--", "true"]);
    expect(code).toBe(69);
    expect(stderr).toMatch(message);
    if (basename(path) === "precious") expect(readFileSync(path, "utf8")).toBe("precious");
    rmSync(path, { recursive: true });
  });

  test("the socket of a live other process is refused", async () => {
    const server = createServer();
    const { home, path } = await withPath((socket) => new Promise((resolve) => server.listen(socket, () => resolve())));
    await using _ = home;
    const { code, stderr } = await home.cli(["run", "--", "true"]);
    expect(code).toBe(69);
    expect(stderr).toMatch(/is the socket of a running process/);
    await new Promise((resolve) => server.close(resolve));
    rmSync(path, { force: true });
  });

  test("a dead socket is replaced", async () => {
    const { home } = await withPath((path) => {
      const program = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
      try {
        execFileSync(process.execPath, ["-e", program]);
      } catch {
        // It was killed, as it asked for.
      }
      expect(existsSync(path)).toBe(true);
    });
    await using _ = home;
    expect((await home.cli(["run", "--", "echo", "fine"])).stdout).toBe("fine\n");
  });

  test("a runtime directory that others can write to is refused", async () => {
    await using home = createHome();
    const directory = join(home.runtimeDir, "orchastration");
    mkdirSync(directory);
    execFileSync("chmod", ["777", directory]);
    const { code, stderr } = await home.cli(["run", "--", "true"]);
    expect(code).toBe(69);
    expect(stderr).toMatch(/writable by other users/);
  });
});
