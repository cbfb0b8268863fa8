import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home, type RunningCli } from "../support/home.ts";

/** `logs --since-offset`, also with `--follow`, `--raw` and after the journal has dropped its beginning. */

let home: Home;

const LINES = 2_000;
/** As the terminal puts it out. */
const WHOLE = Array.from({ length: LINES }, (_, index) => `\u001b[3${index % 8}mline ${index}\u001b[0m\r\n`).join("");
const PRINT = `for (( i = 0; i < ${LINES}; i++ )); do printf '\\e[3%dmline %d\\e[0m\\n' $((i % 8)) $i; done`;

beforeAll(() => {
  home = createHome();
  home.writeConfig(`
    [jobs.print]
    command = ["bash", "-c", "${PRINT.replaceAll("\\", "\\\\")}"]
    tty = true
    [jobs.print-and-wait]
    command = ["bash", "-c", "${PRINT.replaceAll("\\", "\\\\")}; read"]
    tty = true
    [jobs.piped-and-wait]
    command = ["sh", "-c", "printf first; printf aside >&2; while ! [ -e go ]; do sleep 0.02; done; printf second; printf beside >&2"]
    [journal]
    segment_bytes = 4096
    max_bytes_per_session = 12288
  `);
});
afterAll(() => home[Symbol.asyncDispose]());

async function firstOutput({ process: { stdout } }: RunningCli): Promise<void> {
  if (stdout === null) throw new Error("the command line has no output");
  await once(stdout, "readable");
}

const firstOffset = (id: string): number =>
  Math.min(
    ...readdirSync(join(home.stateDir, "sessions", id)).flatMap((name) => {
      const offset = /^output\.(\d+)\.raw$/.exec(name)?.[1];
      return offset === undefined ? [] : [Number(offset)];
    }),
  );

describe("a terminal whose beginning was dropped", () => {
  test("is printed from its oldest byte or any later one, and what is missing is named", async () => {
    const id = String((await home.json(["run", "print"])).run_id);
    const first = firstOffset(id);
    expect(first).toBeGreaterThan(WHOLE.length - 12_288 - 4_096);
    for (const [offset, from] of [
      [0, first],
      [100, first],
      [first, first],
      [first + 5_000, first + 5_000],
      [WHOLE.length - 1, WHOLE.length - 1],
      [WHOLE.length, WHOLE.length],
      [WHOLE.length + 10, WHOLE.length],
    ] as const) {
      for (const more of [[], ["--follow"], ["--raw"], ["--follow", "--raw"]]) {
        const { stdout, stderr, code } = await home.cli(["logs", id, "--since-offset", String(offset), ...more]);
        expect(stdout === WHOLE.slice(from), `${offset} ${more.join(" ")}`).toBe(true);
        expect(code).toBe(0);
        expect(stderr).toBe(
          offset < first
            ? `Bytes ${offset} to ${first - 1} of the stdout of run ${id} are missing: its journal has dropped them.\n`
            : "",
        );
      }
    }
    const { stdout } = await home.cli(["--json", "logs", id]);
    const [chunk] = stdout.split("\n");
    expect(JSON.parse(chunk ?? "")).toMatchObject({ stream: "stdout", offset: first });
  });

  test("is followed from an offset while it lives, to its end", async () => {
    const id = (await home.cli(["run", "--detach", "print-and-wait"])).stdout.trim();
    const isComplete = async () => (await home.cli(["logs", id, "--raw"])).stdout.endsWith(WHOLE.slice(-10));
    await expect.poll(isComplete).toBe(true);
    const from = WHOLE.length - 1_000;
    const following = home.start(["logs", id, "--follow", "--raw", "--since-offset", String(from)]);
    await firstOutput(following);
    await home.cli(["session", "send", id, "--text", "enough\r"]);
    const { stdout, code } = await following.outcome;
    expect(code).toBe(0);
    expect(stdout).toBe(`${WHOLE.slice(from)}enough\r\n`);
  });
});

test("each stream of a run with pipes is followed from an offset into it", async () => {
  const id = (await home.cli(["run", "--detach", "piped-and-wait"])).stdout.trim();
  const out = home.start(["logs", id, "--follow", "--since-offset", "3"]);
  const err = home.start(["logs", id, "--follow", "--stderr", "--raw", "--since-offset", "2"]);
  await Promise.all([out, err].map(firstOutput));
  await home.cli(["run", "--", "touch", "go"]);
  expect(await out.outcome).toMatchObject({ code: 0, stdout: "stsecond", stderr: "" });
  expect(await err.outcome).toMatchObject({ code: 0, stdout: "idebeside", stderr: "" });
});
