import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { spawn as spawnPty } from "node-pty";
import { type Place, whenInstalled } from "../machine.ts";
import { type Contest, type Figure, type Side, timed } from "../measure.ts";
import { drain, openOurPane, openPane, startSession, startTmux } from "./pane.ts";

export async function throughput(place: Place): Promise<readonly Contest[]> {
  const mebibytes = place.isQuick ? 16 : 64;
  const plain = join(place.dir, "plain");
  const coloured = join(place.dir, "coloured");
  await write(plain, mebibytes, (n) => `line ${n} of a build that says a great deal about very little, as builds do\n`);
  await write(
    coloured,
    mebibytes,
    (n) => `\u001b[32mline\u001b[0m \u001b[1;33m${n}\u001b[0m of a build \u001b[38;5;${n % 256}min colours\u001b[0m\n`,
  );

  const rate = (name: string, work: () => Promise<unknown>): Side => ({
    name,
    round: async () => [(mebibytes * 1_048.576) / (await timed(work))],
  });
  const figure = (measure: string, must: number | null, goal: number | null): Figure => ({
    measure: `${mebibytes} MiB ${measure}`,
    unit: "MB/s",
    better: "more",
    must,
    goal,
  });
  const taking = (file: string): Side =>
    rate("attached client that takes everything", () => drain(place, "run", "--quiet", "--tty", "--", "cat", file));
  const showing = (file: string): Side =>
    rate("attached terminal", () => openOurPane(place, "run", "--quiet", "--tty", "--", "cat", file).ended);
  const inTmux = (file: string) =>
    whenInstalled("tmux", "tmux attach", () => {
      const server = startTmux(place);
      return rate("tmux attach", async () => {
        const pane = openPane(place, ...server.command("new-session", `cat ${file}`));
        await pane.ended;
      });
    });
  const inDtach = (file: string) =>
    whenInstalled("dtach", "dtach", () =>
      rate("dtach", async () => {
        await openPane(place, "dtach", ["-A", join(place.dir, "flow.sock"), "-E", "-z", "-r", "none", "cat", file])
          .ended;
      }),
    );

  const client = await place.connect();
  const unattended = rate("nobody attached, journal on disk", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let run = "";
    const ended = new Set<string>();
    const subscription = await client.subscribe({ filter: { names: ["run.succeeded"] } }, ({ payload }) => {
      ended.add((payload as { run: string }).run);
      if (ended.has(run)) resolve();
    });
    run = await startSession(place, client, ["cat", plain]);
    if (ended.has(run)) resolve();
    await promise;
    await subscription.unsubscribe();
  });
  const bare = rate("bare pty reader", () => {
    const pty = spawnPty("cat", [plain], { cols: 80, rows: 24, encoding: null });
    pty.onData(() => {});
    return new Promise<void>((resolve) => pty.onExit(() => resolve()));
  });
  const contests = [
    { text: "plain", file: plain },
    { text: "coloured", file: coloured },
  ].flatMap(({ text, file }): readonly Contest[] => [
    {
      area: "terminals",
      figures: [figure(`${text}, against tmux attach`, 1, 1.3)],
      ours: taking(file),
      reference: inTmux(file),
    },
    {
      area: "terminals",
      figures: [figure(`${text}, against dtach`, 0.65, 0.8)],
      ours: taking(file),
      reference: inDtach(file),
    },
    {
      area: "terminals",
      figures: [figure(`${text}, on a person's terminal, against tmux attach`, 1.5, 2)],
      ours: showing(file),
      reference: inTmux(file),
    },
  ]);
  return [
    ...contests,
    { area: "terminals", figures: [figure("plain, nobody attached", 0.8, 0.9)], ours: unattended, reference: bare },
  ];
}

async function write(path: string, mebibytes: number, line: (n: number) => string): Promise<void> {
  const file = createWriteStream(path);
  let left = mebibytes * 1_048_576;
  for (let n = 0; left > 0; n++) {
    const text = line(n);
    left -= text.length;
    if (!file.write(text)) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}
