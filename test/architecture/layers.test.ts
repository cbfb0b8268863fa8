import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { RULES } from "./rules.ts";
import { readSource, type SourceFile } from "./source-file.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const repository = readPackages();

function readPackages(): readonly SourceFile[] {
  const packages = readdirSync(join(root, "packages")).map((name) => `packages/${name}/src`);
  const files = packages.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`),
  );
  return files.map((path) => readSource(path, readFileSync(join(root, path), "utf8")));
}

type Tree = Readonly<Record<string, string>>;

/** For every rule, small trees that break it: a rule that let them pass would let the real one pass as well. */
const BROKEN: Readonly<Record<string, readonly Tree[]>> = {
  "packages import only the packages below them": [
    { "packages/daemon/src/services/stop.ts": `import { spawn } from "@orchastration/supervisor";` },
    { "packages/supervisor/src/session.ts": `import type { Run } from "@orchastration/daemon";` },
    { "packages/cli/src/commands/run.ts": `const daemon = await import("@orchastration/daemon");` },
    { "packages/cli/src/commands/mcp.ts": `import { serve } from "@orchastration/mcp";` },
    { "packages/client/src/connect.ts": `export * from "@orchastration/daemon";` },
    { "packages/protocol/src/rpc/peer.ts": `import { connect } from "@orchastration/client";` },
    { "packages/unheard-of/src/main.ts": `import { connect } from "@orchastration/client";` },
  ],
  "packages enter each other by their exported names": [
    { "packages/cli/src/main.ts": `import { connect } from "../../client/src/connect.ts";` },
  ],
  "protocol needs zod and json-rpc-2.0, and Node only in its node folder": [
    { "packages/protocol/src/ids.ts": `import { randomBytes } from "node:crypto";` },
    { "packages/protocol/src/rpc/peer.ts": `import type { Socket } from "node:net";` },
    { "packages/protocol/src/version.ts": `import { resolvePaths } from "./node/paths.ts";` },
    { "packages/protocol/src/node/socket.ts": `import { watch } from "chokidar";` },
  ],
  "the daemon's folders import only rows below their own": [
    { "packages/daemon/src/registry/database.ts": `import { bus } from "../events/event-bus.ts";` },
    { "packages/daemon/src/hashing/hash-service.ts": `import { run } from "../services/run.ts";` },
    { "packages/daemon/src/services/run.ts": `import { send } from "../server/dispatcher.ts";` },
    { "packages/daemon/src/server/dispatcher.ts": `import type { Daemon } from "../compose.ts";` },
    { "packages/daemon/src/domain/slug.ts": `import { load } from "../config/load.ts";` },
  ],
  "every folder of the daemon has its row": [{ "packages/daemon/src/misplaced/thing.ts": "export const thing = 1;" }],
  "the domain is pure": [
    { "packages/daemon/src/domain/activity.ts": `import { setTimeout } from "node:timers/promises";` },
    { "packages/daemon/src/domain/activity.ts": `import { resolvePaths } from "@orchastration/protocol/node";` },
    { "packages/daemon/src/domain/activity.ts": `import winston from "winston";` },
  ],
  "entries are not imported": [
    { "packages/cli/src/commands/run.ts": `import "../main.ts";` },
    { "packages/cli/src/commands/run.ts": `await import("../main.ts");` },
  ],
  "no module imports itself, however many others lie between": [
    {
      "packages/cli/src/a.ts": `import { b } from "./b.ts";`,
      "packages/cli/src/b.ts": `export * from "./c.ts";`,
      "packages/cli/src/c.ts": `import { type A, a } from "./a.ts";`,
    },
  ],
  "each of the packages with known faults has one importer": [
    {
      "packages/daemon/src/registry/database.ts": `import Database from "better-sqlite3";`,
      "packages/daemon/src/registry/lock.ts": `import Database from "better-sqlite3";`,
    },
    {
      "packages/supervisor/src/spawn-pty.ts": `import { spawn } from "node-pty";`,
      "packages/supervisor/src/resize.ts": `import type { IPty } from "node-pty";`,
    },
  ],
  "one file runs git, and one gh": [
    { "packages/daemon/src/git/worktree.ts": `import { spawn } from "node:child_process";` },
    { "packages/daemon/src/services/branch.ts": `execFile("git", ["branch", name]);` },
  ],
  "one file of a folder creates its worker threads": [
    {
      "packages/daemon/src/screens/screens.ts": `const worker = new Worker(url);`,
      "packages/daemon/src/screens/screen-service.ts": `const worker = new Worker(url);`,
    },
  ],
  "one file reads where the user's directories are": [
    { "packages/cli/src/context.ts": `const home = process.env.HOME;` },
    { "packages/cli/src/context.ts": `const runtime = env["XDG_RUNTIME_DIR"];` },
    { "packages/cli/src/context.ts": `const roaming = env["AppData"];` },
    { "packages/client/src/launch-daemon.ts": `import { homedir } from "node:os";` },
  ],
  "only what faces a person writes to the standard streams or ends the process": [
    { "packages/daemon/src/services/run.ts": `console.log("here");` },
    { "packages/client/src/client.ts": `process.stderr.write("oh");` },
    { "packages/supervisor/src/compose.ts": `if (isOver) process.exit(1);` },
  ],
  "a directive that silences a tool names its rule and says why": [
    { "packages/daemon/src/compose.ts": `// oxlint-disable-next-line typescript/no-explicit-any` },
    { "packages/daemon/src/compose.ts": `/* eslint-disable */` },
    { "packages/daemon/src/compose.ts": `// oxlint-disable-next-line -- it is fine like this` },
    { "packages/daemon/src/compose.ts": `// oxlint-disable-next-line import/no-cycle -- they do need each other` },
    { "packages/daemon/src/compose.ts": `// @ts-ignore -- the types of this package are wrong` },
    { "packages/daemon/src/compose.ts": `// @ts-nocheck` },
    { "packages/daemon/src/compose.ts": `// @ts-expect-error` },
    { "packages/daemon/src/compose.ts": `// biome-ignore format: pretty` },
  ],
  "nothing is of type any": [
    { "packages/cli/src/context.ts": `const value = parse(text) as any;` },
    { "packages/cli/src/context.ts": `function show(values: any[]): void {}` },
    { "packages/cli/src/context.ts": `type Table = Map<string, any>;` },
  ],
  "names say what is inside": [
    { "packages/cli/src/output/table-utils.ts": "" },
    { "packages/cli/src/helpers/table.ts": "" },
    { "packages/daemon/src/services/session-manager.ts": "" },
    { "packages/daemon/src/registry/data.ts": "" },
  ],
  "a message puts a command between backticks": [
    { "packages/daemon/src/services/stop.ts": `const hint = "Run: orchastration doctor";` },
    { "packages/daemon/src/services/stop.ts": `const hint = "orchastration runs lists them.";` },
    { "packages/cli/src/actions/run.ts": "const text = `Run ${id} goes on (orchastration logs ${id}).`;" },
    { "packages/cli/src/parse/interpret.ts": `const hint = "See orchastration --help.";` },
  ],
  "commands are argv arrays, never a shell's string": [
    { "packages/supervisor/src/spawn-pipes.ts": `spawn(file, args, { shell: true });` },
    { "packages/supervisor/src/spawn-pipes.ts": `spawn(file, args, { shell: process.platform === "win32" });` },
    { "packages/supervisor/src/spawn-pipes.ts": `spawn("sh", ["-c", text]);` },
    { "packages/daemon/src/git/git.ts": `import { execSync } from "node:child_process";` },
    { "packages/daemon/src/git/git.ts": `import { exec as run, spawn } from "node:child_process";` },
    { "packages/daemon/src/git/git.ts": `import * as processes from "node:child_process";` },
    { "packages/daemon/src/git/git.ts": `import processes from "node:child_process";` },
  ],
  "nothing listens on a network": [
    { "packages/daemon/src/server/socket-server.ts": `server.listen(0);` },
    { "packages/daemon/src/server/socket-server.ts": `server.listen({ host, port });` },
    { "packages/daemon/src/server/socket-server.ts": `const options = { port: 8080 };` },
    { "packages/daemon/src/server/socket-server.ts": `import { createServer } from "node:http";` },
  ],
};

/** Near each rule's border, on the right side of it. */
const SOUND: Tree = {
  "packages/protocol/src/contract/entities.ts": `import { z } from "zod";`,
  "packages/protocol/src/node/paths.ts": `import { homedir } from "node:os"; const home = process.env["XDG_CACHE_HOME"] ?? homedir();`,
  "packages/client/src/connect.ts": `import { createPeer } from "@orchastration/protocol";`,
  "packages/cli/src/actions/run.ts":
    "const text = `End it with: \\`orchastration stop ${id}\\``; // orchastration stop, that is",
  "packages/cli/src/commands/task/path.ts": `const meaning = 'code "$(orchastration path login)"';`,
  "packages/cli/src/shells/completion.ts": `const bash = "  orchastration completion bash";`,
  "packages/cli/src/main.ts": `import { connect } from "@orchastration/client"; process.stdout.write("here"); process.exit(0);`,
  "packages/cli/src/commands/config.ts": `const help = "reads $HOME/.config, or the XDG_CONFIG_HOME of the caller";`,
  "packages/daemon/src/main.ts": `import { compose } from "./compose.ts"; compose();`,
  "packages/daemon/src/compose.ts": `import { listen } from "./server/socket-server.ts"; import { open } from "./registry/database.ts";`,
  "packages/daemon/src/server/socket-server.ts": `import { createServer } from "node:net"; createServer().listen(path); const { port } = channel;`,
  "packages/daemon/src/services/run.ts": `import { open } from "../registry/database.ts"; import { admit } from "../domain/admission.ts";`,
  "packages/daemon/src/domain/admission.ts": `import type { Run } from "@orchastration/protocol"; const first = Promise.any(all);`,
  "packages/daemon/src/registry/database.ts": `import Database from "better-sqlite3"; database.exec("select 1"); // any console.log() of it`,
  "packages/daemon/src/registry/stores/runs.ts": `import type { Registry } from "../database.ts";`,
  "packages/daemon/src/git/run-git.ts": `import { execFile, spawn } from "node:child_process"; const found = /x/.exec(text); spawn(program, args, { shell: false });`,
  "packages/daemon/src/logging/log.ts": `// oxlint-disable-next-line typescript/no-deprecated -- winston has no other`,
  "packages/daemon/src/config/database-settings.ts": `import type { Common } from "./schema.ts";`,
  "packages/daemon/src/config/schema.ts": `import { databaseSettings } from "./database-settings.ts";`,
};

const toSources = (tree: Tree): readonly SourceFile[] =>
  Object.entries(tree).map(([path, text]) => readSource(path, text));

test("the sources are found and read", () => {
  const names = new Set(repository.map(({ path }) => path.split("/")[1]));
  expect(names).toEqual(new Set(["cli", "client", "daemon", "protocol", "supervisor"]));
  expect(repository.flatMap(({ imports }) => imports).length).toBeGreaterThan(repository.length);
});

test("every rule has a tree that breaks it", () => {
  expect(Object.keys(BROKEN)).toEqual(RULES.map(({ name }) => name));
});

describe.each(RULES)("$name", ({ name, find }) => {
  test.each(BROKEN[name] ?? [])("which fails for %o", (tree) => {
    expect(find(toSources({ ...SOUND, ...tree }))).not.toEqual([]);
  });

  test("which holds where nothing is wrong", () => {
    expect(find(toSources(SOUND))).toEqual([]);
  });

  test("which holds in this repository", () => {
    expect(find(repository)).toEqual([]);
  });
});
