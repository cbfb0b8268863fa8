import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";

const handOver = fileURLToPath(new URL("../../bin/hand-over.cjs", import.meta.url));

/** A process that has handed over to `program`, which prints one line for each thing that happens to it. */
const wrapping = (program: string): string =>
  `const { to, endAs } = require(${JSON.stringify(handOver)}); to(process.execPath, ["-e", ${JSON.stringify(program)}], endAs);`;

/** Says which signals it gets, and ends with code 7 when told to terminate or when its input ends. */
const listener = `
  for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => console.log(signal));
  process.on("SIGTERM", () => process.exit(7));
  process.stdin.on("close", () => process.exit(7)).on("error", () => {}).resume();
  console.log("ready");
`;

/**
 * Says each Ctrl-C it gets; at the tenth it has its wrapper terminated. The wrapper has taken its own copy of that one
 * before, so whatever it passes on of the ten arrives before the request to terminate.
 */
const countInterrupts = `
  let count = 0;
  process.on("SIGINT", () => {
    console.log("interrupted");
    if (++count === 10) process.kill(process.ppid, "SIGTERM");
  });
  process.on("SIGTERM", () => { console.log("terminated after " + count); process.exit(); });
  process.stdin.on("close", () => process.exit()).on("error", () => {}).resume();
  console.log("ready");
`;

type Wrapper = ChildProcessByStdio<Writable, Readable, null>;
const started: Wrapper[] = [];

/** In a session of its own, and so without a terminal; or in one with a terminal, which `script` provides. */
function startWrapper(program: string, { inTerminal = false } = {}): Wrapper {
  const node = [process.execPath, "-e", wrapping(program)];
  const quoted = node.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const [file = "", ...args] = inTerminal ? ["script", "-qec", quoted, "/dev/null"] : node;
  const wrapper = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"], detached: true });
  started.push(wrapper);
  return wrapper;
}

function linesOf(wrapper: Wrapper): () => Promise<string | undefined> {
  const lines = createInterface({ input: wrapper.stdout })[Symbol.asyncIterator]();
  return async () => {
    const next = await lines.next();
    return next.done === true ? undefined : next.value.trim();
  };
}

afterEach(() => {
  for (const { pid, exitCode, signalCode } of started.splice(0)) {
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGKILL");
  }
});

describe.skipIf(process.platform === "win32")("a process that handed over", () => {
  test("ends with the code of the other one", async () => {
    const [code] = await once(startWrapper("process.exit(42)"), "exit");
    expect(code).toBe(42);
  });

  test("ends by the signal that ended the other one", async () => {
    const [code, signal] = await once(startWrapper(`process.kill(process.pid, "SIGKILL")`), "exit");
    expect({ code, signal }).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("gives its standard streams away", async () => {
    const wrapper = startWrapper("process.stdin.pipe(process.stdout)");
    wrapper.stdin.end("héllo\n");
    expect(await linesOf(wrapper)()).toBe("héllo");
  });

  test("passes on what only it was sent", async () => {
    const wrapper = startWrapper(listener);
    const nextLine = linesOf(wrapper);
    const exited = once(wrapper, "exit");
    expect(await nextLine()).toBe("ready");
    wrapper.kill("SIGINT");
    expect(await nextLine()).toBe("SIGINT");
    wrapper.kill("SIGHUP");
    expect(await nextLine()).toBe("SIGHUP");
    wrapper.kill("SIGTERM");
    expect(await exited).toEqual([7, null]);
  });

  test.skipIf(process.platform !== "linux")(
    "leaves the Ctrl-C of a terminal to the terminal, so that it arrives once",
    async () => {
      const wrapper = startWrapper(countInterrupts, { inTerminal: true });
      const nextLine = linesOf(wrapper);
      expect(await nextLine()).toBe("ready");
      // Two copies that arrive together look like one; ten times running they do not.
      for (let sent = 0; sent < 10; sent += 1) {
        wrapper.stdin.write("\x03");
        expect(await nextLine()).toBe("^Cinterrupted");
      }
      expect(await nextLine()).toBe("terminated after 10");
    },
  );
});
