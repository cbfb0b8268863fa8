import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { spawn } from "node-pty";
import { afterEach, expect, test } from "vitest";
import { linesOf } from "../support/lines.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

const AGENT = resolve(import.meta.dirname, "../fixtures/agents/scripted-agent.mjs");
const running: { kill(): void }[] = [];

afterEach(() => {
  for (const agent of running.splice(0)) agent.kill();
});

function startAgent(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const cwd = temporaryDirectory();
  const log = join(cwd, "agent.log");
  const own = { PATH: process.env["PATH"] ?? "", HOME: cwd, TERM: "xterm-256color", SCRIPTED_AGENT_LOG: log };
  const pty = spawn(process.execPath, [AGENT, ...args], { cwd, cols: 80, rows: 24, env: { ...own, ...env } });
  let output = "";
  let code: number | undefined;
  pty.onData((text) => {
    output += text;
  });
  pty.onExit(({ exitCode }) => {
    code = exitCode;
  });
  running.push({ kill: () => code ?? pty.kill("SIGKILL") });
  return {
    cwd,
    pty,
    output: () => output,
    shows: (text: string) => until(() => output.includes(text)),
    exits: async () => {
      await until(() => code !== undefined);
      return code;
    },
    starts: () => linesOf(log).map((line): unknown => JSON.parse(line)),
  };
}

test("it asks, waits for a key, edits, commits, and exits", async () => {
  const prompt = "Do this:\n@ask Which?\n@write src/a.txt hello world\n@commit Say hello\n@exit 3";
  const agent = startAgent([`--prompt=${prompt}`]);
  execFileSync("git", ["init", "-q"], { cwd: agent.cwd });
  await agent.shows("Which? [y/n] ");
  expect(agent.output()).toContain("\u001b]7501;state=blocked:kind=question:app=scripted-agent\u001b\\");
  agent.pty.write("y");
  expect(await agent.exits()).toBe(3);
  expect(agent.output()).toContain('answered: "y"');
  expect(readFileSync(join(agent.cwd, "src/a.txt"), "utf8")).toBe("hello world\n");
  expect(execFileSync("git", ["log", "--format=%s"], { cwd: agent.cwd, encoding: "utf8" })).toBe("Say hello\n");
});

test("it works until a file appears, idles at a prompt, takes typed steps, and ends on Ctrl-C", async () => {
  const agent = startAgent(["@screen\n@work until go"]);
  await agent.shows("⠙ working");
  writeFileSync(join(agent.cwd, "go"), "");
  await agent.shows("worked");
  await agent.shows("state=idle");
  await agent.shows("\u001b]133;B\u0007");
  agent.pty.write("hello\r");
  await agent.shows("you said: hello");
  agent.pty.write("@say one\n@env HOME\r");
  await agent.shows(`HOME=${agent.cwd}`);
  const prompts = () => agent.output().split("\u001b]133;B\u0007").length;
  await until(() => prompts() === 4);
  agent.pty.write("\u0003");
  expect(await agent.exits()).toBe(130);
  expect(agent.output()).toContain("\u001b[?1049l");
});

test.each([
  ["claude", ["--resume", "c-1", "More of it"]],
  ["codex", ["resume", "c-1", "More of it"]],
  ["opencode", ["--session", "c-1", "--prompt=More of it"]],
])("it goes on with a conversation as %s does, and logs how it was started", async (_, args) => {
  const agent = startAgent(args, { ORCHASTRATION_TASK_ID: "7" });
  await agent.shows("resumed: c-1");
  await agent.shows("prompt: More of it");
  expect(agent.starts()).toMatchObject([
    { argv: args, cwd: agent.cwd, prompt: "More of it", conversation: "c-1", env: { ORCHASTRATION_TASK_ID: "7" } },
  ]);
});

test("it is ended by SIGTERM, unless it was told to ignore it", async () => {
  const meek = startAgent([]);
  await meek.shows("\u001b]133;B\u0007");
  meek.pty.kill("SIGTERM");
  expect(await meek.exits()).toBe(143);
  const stubborn = startAgent(["@ignore SIGTERM"]);
  await stubborn.shows("\u001b]133;B\u0007");
  stubborn.pty.kill("SIGTERM");
  await stubborn.shows("ignored SIGTERM");
});
