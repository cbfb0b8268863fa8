import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { commandLine, type Place, whenInstalled } from "../machine.ts";
import type { Contest } from "../measure.ts";

/** Quick or not: of less the start of the processes is most. */
const LARGE = "1G";
const SMALL_FILES = 20_000;
/** Bytes of arguments that Linux lets a program have, less what its environment may need: without it xargs starts ours a dozen times. */
const LONGEST_LINE = 2_000_000;

const DAEMON = fileURLToPath(new URL("../../../packages/daemon/dist/main.js", import.meta.url));
/** What the fewest steps take that Node can do this in. */
const HASH_THREADS = fileURLToPath(new URL("../hash-threads.ts", import.meta.url));
const WATCH_LOOP = fileURLToPath(new URL("../watch-loop.mjs", import.meta.url));

export async function hash(place: Place): Promise<readonly Contest[]> {
  const large = join(place.dir, "large");
  execFileSync("sh", ["-c", `head -c ${LARGE} /dev/urandom > "$0"`, large]);
  const directory = join(place.dir, "small");
  mkdirSync(directory);
  for (let n = 0; n < SMALL_FILES; n++) writeFileSync(join(directory, `file-${n}`), `content of file ${n}`);
  await place.orchastration("daemon", "start");
  const throughXargs = 'find "$0" -type f -print0 | xargs -0';
  const inOneGo = async (script: string) => [
    await place.time("sh", [
      "-c",
      `${throughXargs} -s ${LONGEST_LINE} -n ${SMALL_FILES} "$1" "$2" hash`,
      directory,
      process.execPath,
      script,
    ]),
  ];
  const throughCoreutils = {
    name: "xargs -P2 sha256sum",
    round: async () => [await place.time("sh", ["-c", `${throughXargs} -P2 -n 500 sha256sum`, directory])],
  };
  return [
    {
      area: "hash",
      figures: [{ measure: `${LARGE}iB warm, sha256`, unit: "ms", better: "less", must: 1, goal: 0.95 }],
      ours: { name: "hash", round: async () => [await place.orchastration("hash", "--file", large)] },
      reference: whenInstalled("openssl", "openssl", () => ({
        name: "openssl dgst -sha256",
        round: async () => [await place.time("openssl", ["dgst", "-sha256", large])],
      })),
    },
    {
      area: "hash",
      figures: [{ measure: `${SMALL_FILES} small files`, unit: "ms", better: "less", must: 0.8, goal: 0.5 }],
      ours: { name: "hash", round: () => inOneGo(commandLine) },
      reference: throughCoreutils,
    },
    {
      area: "hash",
      figures: [
        {
          measure: `${SMALL_FILES} small files, by two threads of a bare Node`,
          unit: "ms",
          better: "less",
          must: null,
          goal: null,
        },
      ],
      ours: { name: "two threads of Node", round: () => inOneGo(HASH_THREADS) },
      reference: throughCoreutils,
    },
  ];
}

/** Hashing must not keep the daemon from anything else. */
export async function loopWhileHashing(place: Place): Promise<readonly Contest[]> {
  const large = join(place.dir, "large");
  execFileSync("sh", ["-c", `head -c ${LARGE} /dev/urandom > "$0"`, large]);
  const delayFile = join(place.dir, "loop-delay");
  const daemon = await startWatchedDaemon(place, delayFile);
  return [
    {
      area: "hash",
      figures: [
        { measure: "event-loop delay of the daemon meanwhile, p99", unit: "ms", better: "less", must: 3, goal: 2 },
      ],
      ours: {
        name: `${LARGE}iB`,
        async round() {
          await readDelay(daemon, delayFile);
          await place.orchastration("hash", "--file", large);
          return [await readDelay(daemon, delayFile)];
        },
      },
      reference: null,
    },
  ];
}

/** As the command line starts it, with somebody who watches its event loop. */
async function startWatchedDaemon(place: Place, delayFile: string): Promise<number> {
  const child = spawn(process.execPath, ["--import", WATCH_LOOP, DAEMON, "--report-readiness"], {
    env: { ...place.env, LOOP_DELAY: delayFile, ORCHASTRATION_ROLE: "daemon" },
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    detached: true,
  });
  const said = await text(child.stdio[3] as Readable);
  if (said !== "ready\n" || child.pid === undefined) throw new Error(`the daemon said ${JSON.stringify(said)}`);
  return child.pid;
}

/** Milliseconds, since this was called last. */
async function readDelay(daemon: number, delayFile: string): Promise<number> {
  rmSync(delayFile, { force: true });
  process.kill(daemon, "SIGUSR2");
  while (!existsSync(delayFile)) await delay(5);
  return Number(readFileSync(delayFile, "utf8"));
}
