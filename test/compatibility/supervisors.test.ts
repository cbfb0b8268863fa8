import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { attach, connect } from "@orchastration/client";
import { newId, OrchastrationError, VERSION } from "@orchastration/protocol";
import {
  createSocketTransport,
  ownIdentity,
  type SupervisorEndpoint,
  writeEndpoint,
} from "@orchastration/protocol/node";
import { createPeer } from "@orchastration/protocol/rpc";
import { describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { KEPT_VERSIONS, startOlderDaemon } from "../support/older-installation.ts";
import { until } from "../support/until.ts";

/** Sessions that were started under the supervisor of an earlier version, kept as a fixture, and the daemon of this one. */

interface Supervisor {
  readonly pid: number;
  readonly version: string;
  readonly sessions: number;
  readonly draining: boolean;
}

async function supervisorsOf(home: Home): Promise<readonly Supervisor[]> {
  const { supervisors } = (await home.json(["daemon", "status"])) as { supervisors: Supervisor[] };
  return supervisors.toSorted((a, b) => Number(b.draining) - Number(a.draining));
}

const statusOf = async (home: Home, run: string): Promise<unknown> => (await home.json(["show", run])).status;

async function startDetached(home: Home, ...args: string[]): Promise<string> {
  const run = (await home.cli(["run", "--detach", ...args])).stdout.trim();
  await until(async () => (await statusOf(home, run)) === "running");
  return run;
}

/** Waits for a line from the fifo, says it, and ends with 7. */
function waiting(home: Home): { readonly argv: string[]; end(): void } {
  const fifo = join(home.dir, "gate");
  execFileSync("mkfifo", [fifo]);
  return {
    argv: ["sh", "-c", `echo before; read line < ${fifo}; echo after; exit 7`],
    end: () => writeFileSync(fifo, "go\n"),
  };
}

async function upgrade(home: Home): Promise<void> {
  expect(await home.json(["daemon", "status"])).toMatchObject({ version: expect.not.stringMatching(`^${VERSION}$`) });
  expect((await home.cli(["daemon", "restart"])).code).toBe(0);
  expect(await home.json(["daemon", "status"])).toMatchObject({ version: VERSION });
}

test("a supervisor that speaks no protocol of this daemon keeps nobody from working, and is named with both versions", async () => {
  await using home = createHome();
  await home.cli(["daemon", "start"]);
  await home.cli(["daemon", "stop"]);
  const socket = join(home.runtimeDir, "old.sock");
  const refusal = "This supervisor (orchastration 0.0.1) speaks versions 0 to 0, the daemon 1 to 1.";
  const server = createServer((connection) => {
    createPeer(createSocketTransport(connection), {
      handle() {
        throw new OrchastrationError("ProtocolVersionUnsupported", refusal);
      },
    });
  });
  server.listen(socket);
  await once(server, "listening");
  const endpoint: SupervisorEndpoint = {
    kind: "supervisor",
    id: newId(),
    process: ownIdentity(),
    socket,
    version: "0.0.1",
    protocolVersions: { min: 0, max: 0 },
    startedAt: new Date().toISOString(),
  };
  mkdirSync(join(home.stateDir, "supervisors"), { recursive: true });
  writeEndpoint(home.stateDir, endpoint);
  try {
    expect((await home.cli(["run", "--", "echo", "works"])).stdout).toBe("works\n");
    const { warnings } = await home.json(["daemon", "status"]);
    expect(warnings).toEqual([expect.stringContaining(`version 0.0.1) cannot be used: ${refusal}`)]);
  } finally {
    server.close();
  }
});

describe.each(KEPT_VERSIONS)("a supervisor of version %s", (version) => {
  test("keeps its sessions over an upgrade, gets no new one, and ends with its last", async () => {
    await using home = createHome();
    await startOlderDaemon(home, version);
    const gate = waiting(home);
    const run = await startDetached(home, "--", ...gate.argv);
    const [before] = await supervisorsOf(home);
    expect(before).toMatchObject({ version, sessions: 1, draining: false });

    await upgrade(home);
    expect(await supervisorsOf(home)).toEqual([{ ...before, draining: true }]);
    expect(await statusOf(home, run)).toBe("running");
    expect((await home.cli(["daemon", "status"])).stdout).toContain(`version ${version}, 1 session, draining`);

    const newer = await startDetached(home, "--", "sleep", "600");
    expect(await supervisorsOf(home)).toMatchObject([
      { version, sessions: 1, draining: true },
      { version: VERSION, sessions: 1, draining: false },
    ]);

    gate.end();
    const followed = await home.cli(["logs", run, "--follow"]);
    expect(followed.stdout).toBe("before\nafter\n");
    const record = await home.json(["show", run]);
    expect(record).toMatchObject({ status: "failed", exit_code: 7, reason: null });
    expect(readFileSync(String(record.stdout_path), "utf8")).toBe("before\nafter\n");
    await until(async () => (await supervisorsOf(home)).every((supervisor) => supervisor.version === VERSION));
    await until(() => !existsSync(`/proc/${before?.pid}`));
    expect(await statusOf(home, newer)).toBe("running");
  });

  test("lets its terminals be attached to, typed to, resized and listed by clients and a daemon of this one", async () => {
    await using home = createHome();
    await startOlderDaemon(home, version);
    const run = await startDetached(
      home,
      "--tty",
      "--",
      "sh",
      "-c",
      "echo hello; trap 'stty size' WINCH; cat; stty size",
    );
    await upgrade(home);
    expect(await home.json(["session", "list"])).toMatchObject({ sessions: [{ run_id: run }] });

    const { stateDir, cwd } = home;
    const attachment = await attach({
      connect: () => connect({ stateDir, clientInfo: { name: "a test", version: VERSION } }),
      stateDir,
      context: { cwd, configFile: null },
      session: run,
      mode: "control",
      cols: 101,
      rows: 31,
      from: 0,
    });
    expect(attachment.isController).toBe(true);
    attachment.type(Buffer.from("typed\r"));
    let output = "";
    let isEnding = false;
    for await (const event of attachment.events) {
      if (event.kind === "output") output += Buffer.from(event.bytes).toString();
      if (isEnding || !output.includes("typed\r\ntyped\r\n")) continue;
      isEnding = true;
      attachment.resize(99, 29);
      attachment.type(Buffer.from("\x04"));
    }
    expect(output).toMatch(/^hello\r\n/);
    expect(output).toMatch(/29 99\r\n$/);
    await until(async () => (await statusOf(home, run)) === "succeeded");
    expect((await home.cli(["logs", run])).stdout).toContain("typed");
  });

  test("stops a session when this daemon asks, and one whose time is up, each recorded as it ended", async () => {
    await using home = createHome();
    await startOlderDaemon(home, version);
    const stopped = await startDetached(home, "--", "sleep", "600");
    const gate = waiting(home);
    const left = await startDetached(home, "--timeout", "600", "--", ...gate.argv);
    await upgrade(home);
    expect((await home.cli(["stop", stopped])).code).toBe(0);
    expect(await home.json(["show", stopped])).toMatchObject({ status: "stopped", signal: "SIGTERM" });
    expect(await statusOf(home, left)).toBe("running");
    gate.end();
    await until(async () => (await statusOf(home, left)) === "failed");
  });

  test("has written down an exit that no daemon saw, and this one records it", async () => {
    await using home = createHome();
    const older = await startOlderDaemon(home, version);
    const gate = waiting(home);
    const run = await startDetached(home, "--", ...gate.argv);
    const [supervisor] = await supervisorsOf(home);
    older.kill("SIGKILL");
    gate.end();
    await until(() => existsSync(join(home.stateDir, "sessions", run, "exit.json")));
    process.kill(supervisor?.pid ?? 0, "SIGKILL");
    expect(await home.json(["show", run])).toMatchObject({ status: "failed", exit_code: 7 });
  });
});
