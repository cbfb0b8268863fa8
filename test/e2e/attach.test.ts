import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CLI, createHome, type Home } from "../support/home.ts";
import { HAS_TMUX, type OuterTerminal, openOuterTerminal } from "../support/outer-terminal.ts";
import { until } from "../support/until.ts";

const PATIENCE = { interval: 5 };

let home: Home;
let terminal: OuterTerminal;

beforeEach(async () => {
  home = createHome();
  terminal = openOuterTerminal(home);
  await terminal.shows("outer$");
});
afterEach(async () => {
  terminal[Symbol.dispose]();
  await home[Symbol.asyncDispose]();
});

/** A shell whose prompt tells it from the outer one. */
async function startShell(): Promise<string> {
  const { stdout } = await home.cli(["run", "--detach", "--tty", "--", "bash", "--norc", "--noprofile"], {
    env: { PS1: "inner> ", HISTFILE: "", TERM: "xterm-256color" },
  });
  return stdout.trim();
}

async function attached(where: OuterTerminal, id: string, ...options: readonly string[]): Promise<void> {
  where.orchastration("attach", id, ...options);
  await where.shows("inner>");
}

async function detach(where: OuterTerminal): Promise<void> {
  where.press("C-q");
  await where.shows(/Detached: run .*[\s\S]*outer\$$/);
}

describe.skipIf(!HAS_TMUX)("under tmux", () => {
  test("a person types, leaves with the chord, and comes back to the same screen", async () => {
    const id = await startShell();
    await attached(terminal, id);
    terminal.type("echo $((6*7)) äöü 漢字");
    terminal.press("Enter");
    const before = await terminal.shows(/^42 äöü 漢字\ninner>$/m);
    await detach(terminal);
    await attached(terminal, id);
    await showsAgain(before);
  });

  test("the exit code is the child's, and the summary is printed", async () => {
    const id = await startShell();
    await attached(terminal, id);
    terminal.type("exit 7");
    terminal.press("Enter");
    await terminal.shows(/job=adhoc exit=7 duration_ms=\d+/);
    terminal.type("echo code=$?");
    terminal.press("Enter");
    await terminal.shows("code=7");
  });

  describe("the terminal is as it was", () => {
    const waysOut: readonly [string, (id: string) => Promise<unknown>][] = [
      ["the chord", () => detach(terminal)],
      ["the end of the child", async () => type("exit 3")],
      ["SIGTERM", async () => signal("SIGTERM")],
      ["SIGHUP", async () => signal("SIGHUP")],
      ["SIGINT", async () => signal("SIGINT")],
      ["the death of the supervisor", () => killSupervisors()],
      [
        "the death of the daemon, then the chord",
        async () => {
          kill(await daemonPid());
          await detach(terminal);
        },
      ],
    ];
    test.each(waysOut)("after %s", async (_name, leave) => {
      const id = await startShell();
      const before = { settings: terminal.settings(), modes: terminal.modes() };
      await attached(terminal, id);
      type(
        String.raw`printf '\033[?1;1000;1003;1006;2004;1049h\033[?25l\033[?7l\033=\033[4h\033[2;5r\033[1;31m'; echo mess`,
      );
      await expect.poll(() => terminal.modes(), PATIENCE).toContain("alternate_on=1 cursor_flag=0");
      expect(terminal.settings()).not.toBe(before.settings);
      await leave(id);
      await expect.poll(() => terminal.modes(), PATIENCE).toBe(before.modes);
      await expect.poll(() => terminal.settings(), PATIENCE).toBe(before.settings);
      terminal.type("echo still $((40+2))");
      terminal.press("Enter");
      await terminal.shows("still 42");
    });
  });

  test.each([
    ["vim", ["vim", "-u", "NONE", "-N", "lines"], ":echo 'painted'\r", /^painted$/m],
    ["less", ["less", "lines"], "=", /^lines lines 24-46\/200/m],
  ])("%s shows the same screen after detaching and attaching", async (_name, argv, ask, answer) => {
    writeFileSync(join(home.cwd, "lines"), Array.from({ length: 200 }, (_, n) => `line ${n + 2}`).join("\n"));
    const { stdout } = await home.cli(["run", "--detach", "--tty", "--", ...argv], { env: { TERM: "xterm-256color" } });
    terminal.orchastration("attach", stdout.trim());
    await terminal.shows("line 24");
    terminal.press("C-f");
    // The program answers below the page, when the page is complete; the repaint at the next attach takes the answer away.
    // Asked again when the repaint of this attach, which may come late, has taken the answer away.
    const asked = (): string => {
      if (!answer.test(terminal.screen())) terminal.type(ask);
      return terminal.screen();
    };
    await expect.poll(asked, { ...PATIENCE, interval: 500 }).toMatch(answer);
    const page = (screen: string): string => screen.split("\n").slice(0, 23).join("\n");
    const before = page(await terminal.shows(answer));
    expect(before).toContain("line 45");
    await detach(terminal);
    terminal.orchastration("attach", stdout.trim());
    await expect.poll(() => page(terminal.screen()), PATIENCE).toBe(before);
  });

  test("the terminal of the run has the size of ours, also after it changed", async () => {
    const id = await startShell();
    terminal.resize(100, 30);
    await attached(terminal, id);
    type("stty size");
    await terminal.shows("30 100");
    terminal.resize(70, 20);
    // The size goes its own way; the shell answers with the new one as soon as it has it.
    type("until stty size | grep -x '20 70'; do :; done");
    await terminal.shows(/^20 70$/m);
  });

  test("a watcher sees what the controller types, and types nothing", async () => {
    const id = await startShell();
    using second = openOuterTerminal(home);
    await second.shows("outer$");
    await attached(terminal, id);
    await attached(second, id, "--read-only");
    await expect
      .poll(() => sessions(), PATIENCE)
      .toMatchObject([{ run_id: id, terminal: { attachments: [{ mode: "control" }, { mode: "watch" }] } }]);
    second.type("not typed");
    type("echo $((6*7))");
    await second.shows(/^42$/m);
    expect(terminal.screen()).not.toContain("not typed");
    await detach(second);
    type("echo $((7*7))");
    await terminal.shows(/^49$/m);
  });

  test("control that another client took is announced in the title, and Ctrl-T brings it back", async () => {
    const id = await startShell();
    using second = openOuterTerminal(home);
    await second.shows("outer$");
    await attached(terminal, id);
    await attached(second, id);
    await expect.poll(() => terminal.title(), PATIENCE).toContain("another client controls bash");
    const before = terminal.screen();
    type("echo nobody");
    terminal.press("C-t");
    await expect.poll(() => second.title(), PATIENCE).toContain("another client controls bash");
    await expect.poll(() => terminal.title(), PATIENCE).toMatch(/^bash .*ctrl-q detaches/);
    expect(terminal.screen()).toBe(before);
    type("echo $((6*7))");
    await second.shows(/^42$/m);
    expect(second.screen()).not.toContain("nobody");
    second.press("C-q");
    await second.shows("goes on, controlled by another client.");
  });

  test("the size follows whoever controls, and a smaller watcher is told what it does not see", async () => {
    const id = await startShell();
    using watcher = openOuterTerminal(home, { cols: 60, rows: 12 });
    await watcher.shows("outer$");
    await attached(terminal, id);
    watcher.orchastration("attach", id, "--read-only");
    await expect.poll(() => watcher.title(), PATIENCE).toContain("watching bash");
    await expect.poll(() => watcher.title(), PATIENCE).toContain("80x24, cut to 60x12 here");
    terminal.resize(100, 30);
    await expect.poll(() => watcher.title(), PATIENCE).toContain("100x30, cut to 60x12 here");
    watcher.press("C-q");
    await watcher.shows(/Detached: run .*goes on\./);
  });

  test("a suspended client leaves the terminal as it was, and fg brings a fresh screen", async () => {
    const id = await startShell();
    const before = { settings: terminal.settings(), modes: terminal.modes() };
    await attached(terminal, id);
    type("printf '\\033[?1049h\\033[?1000h'; echo inside");
    await terminal.shows(/^inside$/m);
    process.kill(terminal.foreground(), "SIGTSTP");
    await terminal.shows(/Stopped/);
    await expect.poll(() => terminal.modes(), PATIENCE).toBe(before.modes);
    await expect.poll(() => terminal.settings(), PATIENCE).toBe(before.settings);
    await home.cli(["session", "send", id, "--text", "echo meanwhile", "--enter"]);
    type("fg");
    await terminal.shows(/^meanwhile$/m);
    expect(terminal.modes()).toContain("alternate_on=1");
    type("echo $((6*7))");
    await terminal.shows(/^42$/m);
    await detach(terminal);
  });

  test("a run that ends while the client is suspended gives its exit code at once", async () => {
    const id = await startShell();
    await attached(terminal, id);
    process.kill(terminal.foreground(), "SIGTSTP");
    await terminal.shows(/Stopped/);
    await home.cli(["session", "send", id, "--text", "exit 6", "--enter"]);
    await home.cli(["logs", id, "--follow"]);
    type("fg; echo code=$?");
    await terminal.shows("code=6");
  });

  test("--json tells a script how the stay ended, also when it reads stdout", async () => {
    const id = await startShell();
    terminal.type(`out=$('${process.execPath}' '${CLI}' attach '${id}' --json)`);
    terminal.press("Enter");
    await terminal.shows("inner>");
    terminal.press("C-q");
    await terminal.shows(/Detached: run .*[\s\S]*outer\$$/);
    type('echo "$out" > detached.json');
    const detached = await documentIn("detached.json");
    expect(detached).toMatchObject({ run_id: id, job_name: "adhoc", outcome: "detached", exit_code: null });
    terminal.type(`'${process.execPath}' '${CLI}' attach '${id}' --json >ended.json; echo code=$?`);
    terminal.press("Enter");
    await terminal.shows("inner>");
    type("exit 9");
    await terminal.shows("code=9");
    const ended = await documentIn("ended.json");
    expect(ended).toMatchObject({ outcome: "ended", exit_code: 9 });
    const { stdoutBytes } = await home.cli(["logs", id]);
    expect(ended.to_offset).toBe(stdoutBytes.length);
    expect(detached.to_offset).toBeLessThan(Number(ended.to_offset));
  });

  test.each([
    ["SIGKILL of the daemon", async () => kill(await daemonPid())],
    ["daemon restart", () => home.cli(["daemon", "restart"])],
  ])("typing goes on through %s, and nothing is said", async (_name, disturb) => {
    const id = await startShell();
    await attached(terminal, id);
    type("echo $((5*5))");
    const before = await terminal.shows(/^25\ninner>$/m);
    await disturb();
    await showsAgain(before);
    type("echo $((6*7))");
    expect(await terminal.shows(/^42\ninner>$/m)).toBe(`${before} echo $((6*7))\n42\ninner>`);
    type("exit 5");
    await terminal.shows("exit=5");
  });

  test.each([
    ["is killed", () => kill(terminal.foreground())],
    ["loses its terminal", () => terminal.hangUp()],
  ])("a client that %s leaves the session as it was", async (_name, lose) => {
    const id = await startShell();
    await attached(terminal, id);
    type("echo $((6*7))");
    await terminal.shows(/^42$/m);
    lose();
    await until(async () => JSON.stringify(await sessions()).includes('"attachments":[]'));
    using second = openOuterTerminal(home);
    await second.shows("outer$");
    await attached(second, id);
    await second.shows("\n42\n");
    await expect.poll(() => sessions(), PATIENCE).toMatchObject([{ terminal: { attachments: [{ mode: "control" }] } }]);
  });

  test("what a program asks its terminal at its start is answered once, before or after the client comes", async () => {
    const script = [
      "stty raw -echo",
      String.raw`printf '\033[6n'; IFS= read -rd R place; printf '\033[c'; IFS= read -rd c attributes`,
      String.raw`printf 'asked\r\n'; IFS= read -rd . rest; printf '<%q> <%q> <%q>\r\n' "$place" "$attributes" "$rest"`,
    ].join("; ");
    terminal.orchastration("run", "--tty", "--", "bash", "-c", script.replaceAll("'", "'\\''"));
    // The word alone: the command line has it as well.
    await terminal.shows(/^asked$/m);
    terminal.type("typed.");
    await terminal.shows(/^<\$'\\E\[\d+;\d+'> <\$'\\E\[\?[\d;]+'> <typed>$/m);
  });

  test("run --tty attaches at once, and ends with the child's exit code", async () => {
    terminal.orchastration(
      "run",
      "--tty",
      "--",
      "bash",
      "--norc",
      "-c",
      "test -t 0 && test -t 1 && echo a terminal; read x; exit $x",
    );
    await terminal.shows(/^a terminal$/m);
    type("9");
    await terminal.shows(/job=adhoc exit=9 duration_ms=\d+/);
    type("echo code=$?");
    await terminal.shows("code=9");
  });

  test("run --tty of something short shows all of it", async () => {
    terminal.orchastration("run", "--tty", "--", "seq", "-s,", "12");
    const screen = await terminal.shows("exit=0");
    expect(screen).toContain("\n1,2,3,4,5,6,7,8,9,10,11,12\n");
  });

  test("another chord of the environment leaves, and Ctrl-Q is typed", async () => {
    type("export ORCHASTRATION_DETACH_KEYS=ctrl-a,d");
    const id = await startShell();
    await attached(terminal, id);
    type("stty -ixon; printf rea''dy; read -rsn1 key; printf %q $key");
    await terminal.shows("ready");
    terminal.press("C-q");
    await terminal.shows("$'\\021'");
    terminal.press("C-a", "d");
    await terminal.shows(/Detached: run/);
  });
});

describe("without a terminal", () => {
  test("attach refuses, and says what to do instead", async () => {
    const { code, stderr } = await home.cli(["attach", "7k3m"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/needs a terminal[\s\S]*logs 7k3m --follow/);
  });

  test("run --tty hands on every byte of the terminal", async () => {
    const { code, stdout } = await home.cli(["run", "--tty", "--", "sh", "-c", "printf 'a\\033[1mb\\n'; exit 4"]);
    expect([code, stdout]).toEqual([4, "a\u001b[1mb\r\n"]);
  });

  test("session send presses keys as the program wants them", async () => {
    const read = "read -rsn3 up; printf '%q\\n' \"$up\"";
    const script = `${read}; printf '\\033[?1hon\\n'; ${read}; read -rsn1 -d '' c; printf '%q\\n' "$c"`;
    const run = ["run", "--detach", "--tty", "--", "bash", "-c", `stty -echo; echo ready; ${script}`];
    const id = (await home.cli(run)).stdout.trim();
    await until(async () => (await home.cli(["logs", id])).stdout.includes("ready"));
    expect((await home.cli(["session", "send", id, "--keys", "Up"])).code).toBe(0);
    await until(async () => (await home.cli(["logs", id])).stdout.includes("on"));
    expect((await home.cli(["session", "send", id, "--keys", "Up C-a"])).code).toBe(0);
    expect((await home.cli(["logs", id, "--follow"])).stdout).toMatch(/\\E\[A[\s\S]*\\EOA[\s\S]*\\001/);
    const refused = await home.cli(["session", "send", id, "--keys", "Entr"]);
    expect(refused.code).not.toBe(0);
  });

  test("session send types, and logs shows what came of it", async () => {
    const id = await startShell();
    const typed = ["session", "send", id, "--text", "echo $((6*7)); exit", "--enter"];
    await until(async () => (await home.cli(typed)).code === 0);
    const { stdout, code } = await home.cli(["logs", id, "--follow"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\r42\r\n/);
    const { stdoutBytes } = await home.cli(["logs", id, "--since-offset", "3"]);
    expect(stdoutBytes.toString()).toBe(stdout.slice(3));
  });
});

async function documentIn(file: string): Promise<Record<string, unknown>> {
  const path = join(home.cwd, file);
  await until(() => existsSync(path) && readFileSync(path, "utf8").endsWith("}\n"));
  return JSON.parse(readFileSync(path, "utf8"));
}

function type(text: string): void {
  terminal.type(text);
  terminal.press("Enter");
}

function signal(name: NodeJS.Signals): void {
  process.kill(terminal.foreground(), name);
}

function kill(pid: unknown): void {
  process.kill(Number(pid), "SIGKILL");
}

/** A screen is painted bit by bit. */
async function showsAgain(screen: string): Promise<void> {
  await expect.poll(() => terminal.screen(), PATIENCE).toBe(screen);
}

async function sessions(): Promise<unknown> {
  return (await home.json(["session", "list"])).sessions;
}

async function daemonPid(): Promise<unknown> {
  return (await home.json(["daemon", "status"])).pid;
}

async function killSupervisors(): Promise<void> {
  const { supervisors } = await home.json(["daemon", "status"]);
  for (const { pid } of supervisors as readonly { readonly pid: number }[]) kill(pid);
}
