import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import {
  type DaemonEndpoint,
  daemonEndpointPath,
  listSupervisorEndpoints,
  readDaemonEndpoint,
  readSupervisorEndpoint,
  removeEndpoint,
  type SupervisorEndpoint,
  supervisorEndpointPath,
  supervisorsDirectory,
  writeEndpoint,
} from "../../src/node/endpoint.ts";

const facts = {
  process: { pid: 42, startTime: "99", bootId: "b" },
  socket: "/run/x.sock",
  version: "0.1.0",
  protocolVersions: { min: 1, max: 1 },
  startedAt: "2026-11-01T09:00:00.000Z",
};
const daemon: DaemonEndpoint = { kind: "daemon", ...facts };
const supervisor: SupervisorEndpoint = { kind: "supervisor", id: "2c9dk3mf0w1x", ...facts };

describe("an endpoint record", () => {
  test("is read as it was written, and is its owner's alone", async () => {
    const stateDir = temporaryDirectory();
    writeEndpoint(stateDir, daemon);
    writeEndpoint(stateDir, supervisor);
    expect(readDaemonEndpoint(stateDir)).toEqual({ isPresent: true, endpoint: daemon });
    expect(readSupervisorEndpoint(stateDir, supervisor.id)).toEqual({ isPresent: true, endpoint: supervisor });
    expect(listSupervisorEndpoints(stateDir)).toEqual([supervisor]);
    for (const path of [daemonEndpointPath(stateDir), supervisorEndpointPath(stateDir, supervisor.id)]) {
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
  });

  test("is absent with a reason when there is none", () => {
    const stateDir = temporaryDirectory();
    expect(readDaemonEndpoint(stateDir)).toMatchObject({
      isPresent: false,
      reason: expect.stringContaining("does not exist"),
    });
    expect(listSupervisorEndpoints(stateDir)).toEqual([]);
  });

  test("is absent with a reason when it is garbage", () => {
    const stateDir = temporaryDirectory();
    const text = JSON.stringify(daemon);
    const garbage = [
      "",
      "{",
      "null",
      "[]",
      '"daemon"',
      text.slice(0, -5),
      JSON.stringify({ ...daemon, process: { pid: "42" } }),
      JSON.stringify({ ...daemon, socket: "" }),
      JSON.stringify({ ...daemon, protocolVersions: null }),
      JSON.stringify(supervisor),
    ];
    for (const content of garbage) {
      writeFileSync(daemonEndpointPath(stateDir), content);
      const reading = readDaemonEndpoint(stateDir);
      expect(reading.isPresent, content).toBe(false);
    }
  });

  test("that is no file is absent too", () => {
    const stateDir = temporaryDirectory();
    mkdirSync(daemonEndpointPath(stateDir));
    expect(readDaemonEndpoint(stateDir).isPresent).toBe(false);
  });

  test("of a supervisor is listed among garbage and logs", async () => {
    const stateDir = temporaryDirectory();
    writeEndpoint(stateDir, supervisor);
    writeFileSync(supervisorEndpointPath(stateDir, "torn"), "{");
    writeFileSync(`${supervisorsDirectory(stateDir)}/2c9dk3mf0w1x.log`, "x");
    expect(listSupervisorEndpoints(stateDir)).toEqual([supervisor]);
  });

  test("is removed by its own process only", async () => {
    const stateDir = temporaryDirectory();
    const successor = { ...daemon, process: { ...daemon.process, startTime: "100" } };
    writeEndpoint(stateDir, successor);
    await removeEndpoint(stateDir, daemon);
    expect(readDaemonEndpoint(stateDir).isPresent).toBe(true);
    await removeEndpoint(stateDir, successor);
    await removeEndpoint(stateDir, successor);
    expect(readdirSync(stateDir)).toEqual([]);
  });
});
