import { describe, expect, test } from "vitest";
import { findAgent } from "../../src/harnesses/agent.ts";
import { agentFolders, harnesses } from "../../src/harnesses/index.ts";
import { canResume, launchOf } from "../../src/harnesses/launch.ts";
import { agentOf, conversation, fresh, request, surroundings } from "./agents.ts";

/** What holds for every program that we know, and for the next one too. */
describe.each(harnesses)("$name", (harness) => {
  const agent = agentOf(harness.name);

  test("is there without configuration, and is what a configured agent of that program is driven by", () => {
    expect(agent.harness).toBe(harness);
    const configured = {
      name: "BuilderAgent",
      argv: [`/opt/bin/${harness.name}`, "--x"],
      resumeArgv: null,
      prompt: "argv",
      onExit: "stop",
    } as const;
    expect(findAgent("BuilderAgent", new Map([["BuilderAgent", configured]]), surroundings)?.harness).toBe(harness);
  });

  test("gets a prompt as one argument, whatever is in it", () => {
    const prompt = 'Fix "it"; $(touch pwned) %PATH%\n{task_slug} --help';
    const { argv, stdin } = launchOf(agent, request({ prompt }));
    expect(stdin).toBeNull();
    const carrying = argv.filter((argument) => argument.includes("pwned"));
    if (harness.promptArguments("x").length === 0) expect(carrying).toEqual([]);
    else expect(carrying.map((argument) => argument.endsWith(prompt))).toEqual([true]);
  });

  test.each(["--dangerously-skip-permissions", "-h", "resume", "mcp", "update"])(
    "takes the prompt %j for text",
    (prompt) => {
      const { argv } = launchOf(agent, request({ prompt }));
      expect(argv).not.toContain(prompt);
    },
  );

  test("goes on with a conversation, or says that it cannot", () => {
    const resume = () => launchOf(agent, request({ conversationId: conversation }));
    if (canResume(agent)) {
      expect(resume().argv).toContain(conversation);
      expect(resume().conversationId).toBe(conversation);
    } else {
      expect(resume).toThrow(/cannot go on with an earlier conversation/);
    }
  });

  test("tells the id of a new conversation exactly when it was given one", () => {
    const { argv, conversationId } = launchOf(agent, request({}));
    expect(argv.includes(fresh)).toBe(conversationId === fresh);
    expect([null, fresh]).toContain(conversationId);
  });
});

test("what is known of each program", () => {
  const linesOf = (name: string) => {
    const start = launchOf(agentOf(name), request({ prompt: "Fix it" })).argv;
    const agent = agentOf(name);
    return canResume(agent)
      ? [start, launchOf(agent, request({ prompt: "More, please", conversationId: conversation })).argv]
      : [start];
  };
  expect(linesOf("claude")).toEqual([
    ["claude", "--session-id", fresh, "Fix it"],
    ["claude", "--resume", conversation, "More, please"],
  ]);
  expect(linesOf("codex")).toEqual([
    ["codex", "Fix it"],
    ["codex", "resume", conversation, "More, please"],
  ]);
  expect(linesOf("opencode")).toEqual([
    ["opencode", "--prompt=Fix it"],
    ["opencode", "--session", conversation, "--prompt=More, please"],
  ]);
  expect(linesOf("shell")).toEqual([["/bin/zsh"]]);
});

test.each([
  ["linux", { SHELL: "/usr/bin/fish" }, "/usr/bin/fish"],
  ["linux", { SHELL: "./evil" }, "/bin/sh"],
  ["darwin", {}, "/bin/sh"],
  ["win32", { COMSPEC: "C:\\Windows\\system32\\cmd.exe" }, "C:\\Windows\\system32\\cmd.exe"],
  ["win32", { COMSPEC: "evil.exe" }, "cmd.exe"],
] as const)("on %s with %j the shell is %s", (platform, env, program) => {
  expect(findAgent("shell", new Map(), { env, platform })?.argv).toEqual([program]);
});

test("a person is told of the folders of every agent", () => {
  expect(agentFolders).toEqual(expect.arrayContaining([".claude", ".codex", ".mcp.json", ".opencode"]));
});
