import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newId } from "@orchastration/protocol";
import { openJournal } from "@orchastration/protocol/node";
import type { PtyOutput, SpawnParams } from "@orchastration/protocol/supervisor";
import { afterEach, expect } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import type { PipeSpawnParams } from "../../src/spawn-pipes.ts";
import type { PtySpawnParams } from "../../src/spawn-pty.ts";
import { linuxTree } from "../../src/termination/tree-linux.ts";

const COMMANDS = fileURLToPath(new URL("../../../../test/fixtures/commands", import.meta.url));

const sessions: string[] = [];

/** No test leaves a process: what is left is ended, and the test fails. */
afterEach(async () => {
  const left = await Promise.all(sessions.splice(0).map(endAll));
  expect(left.flat()).toEqual([]);
});

async function endAll(session: string): Promise<readonly string[]> {
  const left = new Set<string>();
  // More than once: what multiplies can be missed.
  for (let scan = 0; scan < 5; scan++) {
    await linuxTree.scan({ session, leader: null }, (member) => {
      left.add(`process ${member.identity.pid} of session ${session}`);
      linuxTree.signal(member, "SIGKILL");
    });
  }
  return [...left];
}

/** Path of a program of test/fixtures/commands. */
export function command(name: string): string {
  return join(COMMANDS, name);
}

/** Id of a session of this test, whose processes must be gone at its end. */
function newSession(): string {
  const session = newId();
  sessions.push(session);
  return session;
}

/** What a daemon would send to run the command. Every session has a directory of its own. */
export function spawnParams(
  argv: readonly [string, ...string[]],
  changes: Partial<PipeSpawnParams> = {},
): PipeSpawnParams {
  const session = changes.session ?? newSession();
  const directory = join(temporaryDirectory(), session);
  mkdirSync(directory);
  return {
    session,
    file: argv[0],
    argv,
    cwd: directory,
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
    umask: null,
    output: {
      kind: "pipes",
      stdoutPath: join(directory, "stdout.log"),
      stderrPath: join(directory, "stderr.log"),
      maxBytes: 0,
    },
    timeoutMs: null,
    stopGraceMs: 5000,
    directory,
    ...changes,
  };
}

export type PtyOptions = Partial<Omit<SpawnParams, "output">> & { readonly output?: Partial<PtyOutput> };

/** The same for a terminal of 80 columns and 24 rows. */
export function ptyParams(
  argv: readonly [string, ...string[]],
  { output, ...changes }: PtyOptions = {},
): PtySpawnParams {
  const pty: PtyOutput = { kind: "pty", cols: 80, rows: 24, segmentBytes: 1024 * 1024, maxBytes: 0, ...output };
  return { ...spawnParams(argv, changes), output: pty };
}

/** Everything the terminal has put out, as its journal has it. */
export function terminalOutputOf({ directory }: Pick<SpawnParams, "directory">): Buffer {
  const journal = openJournal(directory);
  const parts: Uint8Array[] = [];
  for (let offset = journal.firstOffset; ; ) {
    const slice = journal.read(offset, 1024 * 1024);
    if (slice.bytes.length === 0) return Buffer.concat(parts);
    parts.push(slice.bytes);
    offset = slice.offset + slice.bytes.length;
  }
}

export function stdoutOf({ output }: Pick<PipeSpawnParams, "output">): string {
  return readFileSync(output.stdoutPath, "utf8");
}

export function stderrOf({ output }: Pick<PipeSpawnParams, "output">): string {
  return readFileSync(output.stderrPath, "utf8");
}

/** Pids of the living processes of a session, by its marker alone. */
export async function pidsOf(session: string): Promise<readonly number[]> {
  const { members } = await linuxTree.scan({ session, leader: null });
  return members.map(({ identity }) => identity.pid);
}
