import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type Home, PROJECT_ROOT } from "../support/home.ts";

const DAEMON = join(PROJECT_ROOT, "packages/daemon/dist/main.js");
const PRELOAD = join(PROJECT_ROOT, "test/fixtures/commands/meet-trouble.mjs");

export interface Trap {
  readonly role: "daemon" | "supervisor";
  /** A call that test/fixtures/commands/meet-trouble.mjs guards. */
  readonly call: string;
  /** A regular expression; of a rename the new path. */
  readonly path: string;
  /** A signal the process gets once, before the call; or the error the call fails with until `disarm`. */
  readonly action: "SIGKILL" | "SIGSTOP" | "ENOSPC" | "EROFS" | "EMFILE" | "EIO";
}

/** Brings trouble into the daemon of a home, and its supervisors. */
export interface Troublemaker {
  /** Starts a daemon that can be troubled. Answers its pid. */
  startDaemon(fault?: string): Promise<number>;
  arm(trap: Trap): void;
  disarm(): void;
  /** Whether a trap that kills has. */
  readonly isSprung: boolean;
  setClock(wrongByMs: number): void;
}

export function createTroublemaker(home: Home): Troublemaker {
  const trouble = join(home.dir, "trouble");
  mkdirSync(trouble);
  return {
    async startDaemon(fault) {
      const child = spawn(process.execPath, ["--import", PRELOAD, DAEMON, "--report-readiness"], {
        env: {
          ...home.env,
          TROUBLE: trouble,
          ORCHASTRATION_ROLE: "daemon",
          ...(fault === undefined ? {} : { ORCHASTRATION_FAULT: fault }),
        },
        stdio: ["ignore", "ignore", "ignore", "pipe"],
        detached: true,
      });
      const said = await text(child.stdio[3] as Readable);
      if (said !== "ready\n") throw new Error(`the daemon said ${JSON.stringify(said)}`);
      return child.pid ?? 0;
    },
    arm: (trap) => writeFileSync(join(trouble, "trap.json"), JSON.stringify(trap)),
    disarm: () => rmSync(join(trouble, "trap.json"), { force: true }),
    get isSprung() {
      return existsSync(join(trouble, "sprung.json"));
    },
    setClock: (wrongByMs) => writeFileSync(join(trouble, "clock"), String(wrongByMs)),
  };
}
