import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createFrameDecoder, encodeFrame, FRAME, formatAttachRequest } from "@orchastration/protocol/stream";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readAsciicast } from "../../packages/cli/test/recording/read-asciicast.ts";
import { createHome, type Home, PROJECT_ROOT } from "../support/home.ts";
import { connectRaw, INITIALIZE, type RawConnection } from "../support/raw-connection.ts";

/** Runs with a terminal, against the live daemon and its supervisor. */

const ASK = join(PROJECT_ROOT, "test/fixtures/commands/ask-terminal.sh");
const ENVIRONMENT = { PATH: process.env.PATH ?? "/usr/bin:/bin", LANG: "C.UTF-8" };

interface StartedRun {
  readonly id: string;
  readonly output: { readonly stdoutPath: string; readonly stderrPath: string };
  readonly state: Record<string, unknown>;
}

let home: Home;
let daemon: RawConnection;
let lastId = 0;

beforeAll(async () => {
  home = createHome();
  await home.cli(["daemon", "start"]);
});
afterAll(() => home[Symbol.asyncDispose]());
afterEach(() => daemon.close());

async function call<T>(method: string, params: Record<string, unknown>): Promise<T> {
  lastId += 1;
  const { result, error } = await daemon.call(lastId, method, params);
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result as T;
}

const context = () => ({ cwd: home.cwd, configFile: null });

async function connectToDaemon(): Promise<void> {
  daemon = await connectRaw(String((await home.json(["daemon", "status"])).socket));
  await daemon.call("init", "initialize", INITIALIZE);
}

async function start(argv: readonly string[], more: Record<string, unknown> = {}): Promise<StartedRun> {
  await connectToDaemon();
  const params = { context: context(), environment: ENVIRONMENT, target: { argv }, isTty: true, ...more };
  return (await call<{ run: StartedRun }>("job.run", params)).run;
}

interface Slice {
  readonly data: string;
  readonly nextOffset: number;
  readonly hasEnded: boolean;
}

/** Everything a run puts out, until it has ended or this much of it has come. */
async function read(run: StartedRun, until: (text: string) => boolean = () => false): Promise<string> {
  let text = "";
  for (let fromOffset = 0; ; ) {
    const slice = await call<Slice>("session.read", { ...about(run), fromOffset, waitMs: 20_000 });
    text += Buffer.from(slice.data, "base64").toString();
    if (slice.hasEnded || until(text)) return text;
    fromOffset = slice.nextOffset;
  }
}

const about = ({ id }: StartedRun) => ({ context: context(), session: id });
const type = (run: StartedRun, text: string) =>
  call("session.write", { ...about(run), data: Buffer.from(text).toString("base64") });

describe("a run with a terminal", () => {
  test("has the size that was asked for, and its journal where its log would be", async () => {
    const run = await start(["sh", "-c", "stty size; tty | cut -c1-8; echo error >&2"], {
      terminal: { cols: 91, rows: 17 },
    });
    const text = await read(run);
    expect(text).toBe("17 91\r\n/dev/pts\r\nerror\r\n");
    expect(run.output.stdoutPath).toMatch(/\d{3}Z(-\d+)?\.log$/);
    expect(run.output.stderrPath).toBe(run.output.stdoutPath);
    expect(readlinkSync(run.output.stdoutPath)).toContain(join("sessions", run.id));
    expect(readFileSync(join(run.output.stdoutPath, "output.0.raw"), "utf8")).toBe(text);
    const { run: ended } = await call<{ run: StartedRun }>("run.get", { context: context(), run: run.id });
    expect(ended.state).toMatchObject({
      status: "succeeded",
      summary: {
        stdoutBytes: text.length,
        stderrBytes: 0,
        stdoutSha256: createHash("sha256").update(text).digest("hex"),
        stderrSha256: null,
      },
    });
  });

  test("is listed, typed to, resized, signalled and copied while it lives, and no longer", async () => {
    const run = await start(["bash", "-c", "trap : TERM; trap 'stty size' WINCH; echo hello; cat; sleep 0.1"]);
    await read(run, (text) => text.includes("hello"));
    const { sessions } = await call<{ sessions: { id: string }[] }>("session.list", {});
    expect(sessions).toMatchObject([{ id: run.id, terminal: { cols: 80, rows: 24, offset: 7, controller: null } }]);
    await type(run, "typed\r");
    await read(run, (text) => text.includes("typed\r\ntyped"));
    const { snapshot } = await call<{ snapshot: { offset: number; data: string } }>("session.attach", about(run));
    expect(snapshot.offset).toBe("hello\r\ntyped\r\ntyped\r\n".length);
    expect(Buffer.from(snapshot.data, "base64").toString()).toContain("hello\r\ntyped\r\ntyped");
    const resized = await call("session.resize", { ...about(run), cols: 100, rows: 30 });
    expect(resized).toMatchObject({ session: { terminal: { cols: 100, rows: 30 } } });
    expect(await call("session.attach", about(run))).toMatchObject({ snapshot: { cols: 100, rows: 30 } });
    await call("session.signal", { ...about(run), signal: "SIGTERM" });
    expect(await read(run)).toContain("30 100");
    await expect(call("session.attach", about(run))).rejects.toThrow("has ended");
  });
});

test("what a terminal shows is read as text, with its cursor and title", async () => {
  const scene = "\\033]2;a title\\a\\033[?1049h\\033[H\\033[31m漢字\\033[0m and more\\033[3;7H\\033[?25lx";
  const run = await start(["sh", "-c", `printf '${scene}'; cat`], { terminal: { cols: 40, rows: 4 } });
  await read(run, (text) => text.endsWith("x"));
  expect(await call("session.screen", about(run))).toEqual({
    cols: 40,
    rows: 4,
    lines: ["漢字 and more", "", "      x", ""],
    cursor: { column: 7, row: 2, isVisible: false },
    title: "a title",
    isAlternate: true,
  });
  expect((await home.cli(["session", "screen", run.id])).stdout).toBe("漢字 and more\n\n      x\n");
  expect(await home.json(["session", "screen", run.id])).toMatchObject({
    cursor: { column: 7, row: 2, is_visible: false },
    is_alternate: true,
  });
  await type(run, "\u0004");
  await read(run);
  await expect(call("session.screen", about(run))).rejects.toThrow("has ended");
});

const QUESTIONS = {
  DA1: ["\\e[c=c", "\\E[?1;2"],
  DA2: ["\\e[>c=c", "\\E[>0;276;0"],
  CPR: ["\\e[6n=R", "\\E[2;1"],
  DECRQM: ["\\e[?2004$p=y", "\\E[?2004;2$"],
  "OSC 11": ["\\e]11;?\\e\\\\=\\\\", "\\E]11;rgb:0000/0000/0000\\E"],
  XTVERSION: ["\\e[>0q=\\\\", "\\EP>|orchastration(0.1.0)\\E"],
  "program status": ["\\e]7501;?\\a=\x07", "\\E]7501;?"],
} as const;

describe("a recording of a terminal", () => {
  test("is read by a reader of asciicast v2, and goes to stdout or to a private file", async () => {
    const run = await start(["sh", "-c", "printf 'caf\\303\\251 \\377\\n'"], { terminal: { cols: 91, rows: 17 } });
    await read(run);
    const { stdout, code } = await home.cli(["export", run.id, "--asciicast"]);
    expect(code).toBe(0);
    const cast = readAsciicast(stdout);
    expect(cast).toMatchObject({ width: 91, height: 17 });
    expect(cast.events.map(({ data }) => data).join("")).toBe("café \ufffd\r\n");
    expect((await home.cli(["export", run.id, "--asciicast", "-o", "demo.cast"])).code).toBe(0);
    expect(readFileSync(join(home.cwd, "demo.cast"), "utf8")).toBe(stdout);
    expect(statSync(join(home.cwd, "demo.cast")).mode & 0o777).toBe(0o600);
  });

  test("is refused without its form, and for a run with pipes", async () => {
    expect(await home.cli(["export", "any"])).toMatchObject({ code: 2 });
    const { stdout } = await home.cli(["run", "--detach", "--", "true"]);
    const refused = await home.cli(["export", stdout.trim(), "--asciicast"]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("had pipes");
  });
});

describe("the questions of a program", () => {
  test.each(Object.entries(QUESTIONS))("%s is answered once when nobody is attached", async (_, [question, answer]) => {
    const run = await start(["bash", ASK, question]);
    await read(run, (text) => text.includes("ready"));
    await type(run, ".");
    expect(await read(run)).toContain(`$'${answer}'\r\nrest ''`);
  });

  test("are left to whoever controls the terminal", async () => {
    const run = await start(["bash", ASK, "\\e[6n=R"]);
    await read(run, (text) => text.includes("ready"));
    const { endpoint } = await call<{ endpoint: string }>("session.attach", about(run));
    const socket = connect(endpoint);
    await once(socket, "connect");
    socket.write(formatAttachRequest({ version: 1, session: run.id, mode: "control", from: 0, cols: 80, rows: 24 }));
    let isAnswered = false;
    const decoder = createFrameDecoder((frame, payload) => {
      if (frame !== FRAME.output || isAnswered || !Buffer.from(payload).includes("\x1b[6n")) return;
      isAnswered = true;
      socket.write(encodeFrame(FRAME.input, Buffer.from("\x1b[7;7R")));
    });
    await new Promise<void>((resolve) => {
      let isStream = false;
      socket.on("data", (bytes) => {
        const line = isStream ? -1 : bytes.indexOf("\n");
        if (!isStream) resolve();
        isStream = true;
        decoder.push(bytes.subarray(line + 1));
      });
    });
    socket.write(encodeFrame(FRAME.input, Buffer.from(".")));
    expect(await read(run)).toContain("$'\\E[7;7'\r\nrest ''");
    socket.destroy();
  });
});

describe("a terminal whose keeper dies", () => {
  test("lives on without its daemon, and the next one shows the same screen", async () => {
    const run = await start(["sh", "-c", "printf '\\033[?1049h\\033[3;5Hbefore\\033[?25l'; cat"]);
    await read(run, (text) => text.includes("25l"));
    const { snapshot } = await call<{ snapshot: unknown }>("session.attach", about(run));
    process.kill(Number((await home.json(["daemon", "status"])).pid), "SIGKILL");
    await daemon.ended;
    await home.cli(["daemon", "start"]);
    await connectToDaemon();
    expect(await call("session.attach", about(run))).toMatchObject({ snapshot });
    await type(run, "after\r");
    await read(run, (text) => text.includes("after\r\nafter"));
    await type(run, "\x04");
    expect(await read(run)).toContain("after");
  });

  test("is lost with its supervisor, and what it put out is kept", async () => {
    const run = await start(["sh", "-c", "echo kept; cat"]);
    await read(run, (text) => text.includes("kept"));
    const { supervisors } = await call<{ supervisors: { pid: number }[] }>("daemon.status", {});
    for (const { pid } of supervisors) process.kill(pid, "SIGKILL");
    expect(await read(run)).toBe("kept\r\n");
    const { run: ended } = await call<{ run: StartedRun }>("run.get", { context: context(), run: run.id });
    const stdoutSha256 = createHash("sha256").update("kept\r\n").digest("hex");
    expect(ended.state).toMatchObject({ status: "lost", summary: { stdoutBytes: 6, stdoutSha256 } });
  });
});
