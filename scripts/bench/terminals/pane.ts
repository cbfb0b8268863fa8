import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DaemonClient } from "@orchastration/client";
import { type IPty, spawn as spawnPty } from "node-pty";
import { commandLine, type Place } from "../machine.ts";

const SIZE = { cols: 80, rows: 24 };

/** A person's terminal with a program in it. */
export interface Pane {
  /** A few keys, at once. The terminal's own `write` goes through the thread pool, whose threads take processors from what is measured. */
  type(keys: string): void;
  /** Resolves when the text comes, after this call or, with `since`, since the beginning. */
  shows(text: string, since?: "beginning"): Promise<void>;
  /** Resolves when the program has ended and all it wrote has come. Bytes. */
  readonly ended: Promise<number>;
  close(): void;
}

export function openPane(place: Place, file: string, args: readonly string[]): Pane {
  const pty = spawnPty(file, [...args], {
    ...SIZE,
    name: place.env["TERM"] ?? "xterm",
    cwd: place.dir,
    env: place.env,
    encoding: null,
  });
  let unread = "";
  let bytes = 0;
  let check = (): void => {};
  pty.onData((chunk) => {
    bytes += chunk.length;
    unread = (unread + chunk).slice(-65_536);
    check();
  });
  const ended = new Promise<number>((resolve) => pty.onExit(() => resolve(bytes)));
  const { fd } = pty as IPty & { readonly fd: number };
  return {
    type: (keys) => void writeSync(fd, keys),
    shows: (text, since) =>
      new Promise((resolve) => {
        if (since === undefined) unread = "";
        check = () => {
          if (!unread.includes(text)) return;
          check = () => {};
          resolve();
        };
        check();
      }),
    ended,
    close: () => pty.kill("SIGHUP"),
  };
}

const bareTerminals = fileURLToPath(new URL("bare-terminals.ts", import.meta.url));

/** A pane in front of a terminal that another process holds, and nothing between but a socket: two processes of Node cannot do less. */
export async function openShortestPane(place: Place, argv: readonly string[]): Promise<Pane> {
  const socket = join(place.dir, "shortest.sock");
  const server = spawn(process.execPath, [bareTerminals, "serve", socket, ...argv], {
    cwd: place.dir,
    env: place.env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  place.atEnd(() => void server.kill());
  await once(server.stdout, "data");
  return openPane(place, process.execPath, [bareTerminals, "attach", socket]);
}

/** Milliseconds until so many terminals have a process, in a Node that does nothing else. */
export function bareStartMs(place: Place, count: number, argv: readonly string[]): number {
  const words = [bareTerminals, "start", String(count), ...argv];
  return Number(execFileSync(process.execPath, words, { cwd: place.dir, env: place.env, encoding: "utf8" }));
}

export function openOurPane(place: Place, ...words: readonly string[]): Pane {
  return openPane(place, process.execPath, [commandLine, ...words]);
}

/** A session of ours that nobody is attached to. */
export async function startSession(
  place: Place,
  client: DaemonClient,
  argv: readonly [string, ...string[]],
): Promise<string> {
  const { run } = await client.call("job.run", {
    context: { cwd: place.dir, configFile: null },
    environment: place.env,
    target: { argv },
    isTty: true,
  });
  return run.id;
}

/** A tmux server of the benchmark's own. */
export interface Tmux {
  command(...words: readonly string[]): readonly [string, readonly string[]];
  run(...words: readonly string[]): string;
  readonly pid: number;
  end(): void;
}

let servers = 0;

export function startTmux(place: Place): Tmux {
  const socket = join(place.dir, `tmux-${servers++}.sock`);
  const base = ["-f", "/dev/null", "-S", socket];
  const run = (...words: readonly string[]): string => {
    const { stdout, status, stderr } = spawnSync("tmux", [...base, ...words], {
      env: place.env,
      cwd: place.dir,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`tmux ${words.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
  run("new-session", "-d", "-s", "first", "-x", String(SIZE.cols), "-y", String(SIZE.rows), "cat");
  run("set-option", "-g", "status", "off");
  run("set-option", "-s", "escape-time", "0");
  const end = (): void => void spawnSync("tmux", [...base, "kill-server"]);
  place.atEnd(end);
  return {
    command: (...words) => ["tmux", [...base, ...words]],
    run,
    pid: Number(run("display-message", "-p", "#{pid}")),
    end,
  };
}

/** Runs a program with its output in a pipe that is emptied as fast as it comes. Bytes. */
export async function drain(place: Place, ...words: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [commandLine, ...words], {
    cwd: place.dir,
    env: place.env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let bytes = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(child, "close");
  if (child.exitCode !== 0) throw new Error(`${words.join(" ")} ended with ${child.exitCode}`);
  return bytes;
}
