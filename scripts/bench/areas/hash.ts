import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine, type Place, whenInstalled } from "../machine.ts";
import { type Contest, percentile, timed } from "../measure.ts";

export async function hash(place: Place): Promise<readonly Contest[]> {
  const count = place.isQuick ? 2_000 : 20_000;
  const size = place.isQuick ? "128M" : "1G";
  const large = join(place.dir, "large");
  execFileSync("sh", ["-c", `head -c ${size} /dev/urandom > "$0"`, large]);
  const directory = join(place.dir, "small");
  mkdirSync(directory);
  for (let n = 0; n < count; n++) writeFileSync(join(directory, `file-${n}`), `content of file ${n}`);
  await place.orchastration("daemon", "start");
  const throughXargs = 'find "$0" -type f -print0 | xargs -0';
  return [
    {
      area: "hash",
      figures: [{ measure: `${size}iB warm, sha256`, unit: "ms", better: "less", must: 1, goal: 0.95 }],
      ours: { name: "hash", round: async () => [await place.orchastration("hash", "--file", large)] },
      reference: whenInstalled("openssl", "openssl", () => ({
        name: "openssl dgst -sha256",
        round: async () => [await place.time("openssl", ["dgst", "-sha256", large])],
      })),
    },
    {
      area: "hash",
      figures: [{ measure: `${count} small files`, unit: "ms", better: "less", must: 0.8, goal: 0.5 }],
      ours: {
        name: "hash",
        round: async () => {
          const script = `${throughXargs} -n ${count} "$1" "$2" hash`;
          return [await place.time("sh", ["-c", script, directory, process.execPath, commandLine])];
        },
      },
      reference: {
        name: "xargs -P2 sha256sum",
        round: async () => [await place.time("sh", ["-c", `${throughXargs} -P2 -n 500 sha256sum`, directory])],
      },
    },
    {
      area: "hash",
      figures: [{ measure: "answer of the daemon meanwhile, p99", unit: "ms", better: "less", must: 3, goal: 2 }],
      ours: { name: "ping", round: () => pingMeanwhile(place, large) },
      reference: null,
    },
  ];
}

async function pingMeanwhile(place: Place, file: string): Promise<readonly number[]> {
  const client = await place.connect();
  let isHashing = true;
  const hashing = place.orchastration("hash", "--file", file).finally(() => {
    isHashing = false;
  });
  const times: number[] = [];
  while (isHashing) times.push(await timed(() => client.call("ping", {})));
  await hashing;
  client.close();
  return [percentile(times, 99)];
}
