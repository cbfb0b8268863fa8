import { mkdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ProcessIdentity } from "../contract/entities.ts";
import { messageOf } from "../thrown.ts";
import type { VersionRange } from "../version.ts";
import { writeFileUnflushed } from "./atomic-file.ts";
import { errorCode } from "./error-code.ts";
import { namesIn } from "./if-present.ts";
import { isSameProcess } from "./process-identity.ts";

interface EndpointFacts {
  readonly process: ProcessIdentity;
  /** Path of the Unix socket, or name of the Windows pipe. */
  readonly socket: string;
  readonly version: string;
  readonly protocolVersions: VersionRange;
  /** RFC 3339. */
  readonly startedAt: string;
}

/** Where a daemon listens. */
export interface DaemonEndpoint extends EndpointFacts {
  readonly kind: "daemon";
}

/** Where a supervisor listens. */
export interface SupervisorEndpoint extends EndpointFacts {
  readonly kind: "supervisor";
  readonly id: string;
}

export type Endpoint = DaemonEndpoint | SupervisorEndpoint;

/** A record that is missing, torn, or not ours counts as absent; the reason is a sentence for logs and `doctor`. */
export type EndpointReading<E extends Endpoint> =
  | { readonly isPresent: true; readonly endpoint: E }
  | { readonly isPresent: false; readonly reason: string };

export function daemonEndpointPath(stateDir: string): string {
  return join(stateDir, "daemon.json");
}

export function supervisorsDirectory(stateDir: string): string {
  return join(stateDir, "supervisors");
}

export function supervisorEndpointPath(stateDir: string, id: string): string {
  return join(supervisorsDirectory(stateDir), `${id}.json`);
}

/** Not flushed: what a loss of power leaves of a record says nothing, since its process is gone. */
export function writeEndpoint(stateDir: string, endpoint: Endpoint): void {
  const path = pathOf(stateDir, endpoint);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileUnflushed(path, `${JSON.stringify(endpoint)}\n`);
}

/** Removes the record if it is still the one of that process: a successor's record stays. */
export async function removeEndpoint(stateDir: string, endpoint: Endpoint): Promise<void> {
  const path = pathOf(stateDir, endpoint);
  const reading = readEndpoint(path, isEndpoint);
  if (reading.isPresent && isSameProcess(reading.endpoint.process, endpoint.process)) await rm(path, { force: true });
}

/** Synchronous, as all readers here: a record has a few hundred bytes, and every command begins with reading one. */
export function readDaemonEndpoint(stateDir: string): EndpointReading<DaemonEndpoint> {
  return readEndpoint(daemonEndpointPath(stateDir), isDaemonEndpoint);
}

export function readSupervisorEndpoint(stateDir: string, id: string): EndpointReading<SupervisorEndpoint> {
  return readEndpoint(supervisorEndpointPath(stateDir, id), isSupervisorEndpoint);
}

/** Every valid supervisor record; whether its process is alive is for the caller to find out. */
export function listSupervisorEndpoints(stateDir: string): readonly SupervisorEndpoint[] {
  return namesIn(supervisorsDirectory(stateDir))
    .filter((name) => name.endsWith(".json"))
    .map((name) => readEndpoint(join(supervisorsDirectory(stateDir), name), isSupervisorEndpoint))
    .flatMap((reading) => (reading.isPresent ? [reading.endpoint] : []));
}

function pathOf(stateDir: string, endpoint: Endpoint): string {
  return endpoint.kind === "daemon" ? daemonEndpointPath(stateDir) : supervisorEndpointPath(stateDir, endpoint.id);
}

function readEndpoint<E extends Endpoint>(
  path: string,
  isExpected: (value: unknown) => value is E,
): EndpointReading<E> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isExpected(value)
      ? { isPresent: true, endpoint: value }
      : { isPresent: false, reason: `${path} is no endpoint record of the expected shape.` };
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { isPresent: false, reason: `${path} does not exist.` };
    const reason = messageOf(error);
    return { isPresent: false, reason: `${path} cannot be read: ${reason}` };
  }
}

function isEndpoint(value: unknown): value is Endpoint {
  return (
    isRecord(value) &&
    (value["kind"] === "daemon" || (value["kind"] === "supervisor" && typeof value["id"] === "string")) &&
    isProcessIdentity(value["process"]) &&
    isRecord(value["protocolVersions"]) &&
    Number.isSafeInteger(value["protocolVersions"]["min"]) &&
    Number.isSafeInteger(value["protocolVersions"]["max"]) &&
    [value["socket"], value["version"], value["startedAt"]].every((text) => typeof text === "string" && text !== "")
  );
}

function isDaemonEndpoint(value: unknown): value is DaemonEndpoint {
  return isEndpoint(value) && value.kind === "daemon";
}

function isSupervisorEndpoint(value: unknown): value is SupervisorEndpoint {
  return isEndpoint(value) && value.kind === "supervisor";
}

export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  return (
    isRecord(value) &&
    Number.isSafeInteger(value["pid"]) &&
    typeof value["startTime"] === "string" &&
    typeof value["bootId"] === "string"
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
