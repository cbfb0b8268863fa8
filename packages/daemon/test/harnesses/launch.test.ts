import fc from "fast-check";
import { expect, test } from "vitest";
import { listAgents } from "../../src/harnesses/agent.ts";
import { LaunchRefused, launchOf } from "../../src/harnesses/launch.ts";
import { agentOf, conversation, fresh, request, surroundings } from "./agents.ts";

test("a configured agent gets its prompt last, with its placeholders filled in once", () => {
  const agent = agentOf("mine", { argv: ["my-agent", "--dir={worktree}", "{task_title}"] });
  const placeholders = { worktree: "/w", task_title: "{task_slug}", task_slug: "no" };
  expect(launchOf(agent, request({ prompt: "Fix {task_slug}", placeholders }))).toEqual({
    argv: ["my-agent", "--dir=/w", "{task_slug}", "Fix {task_slug}"],
    stdin: null,
    conversationId: null,
  });
});

test("an unknown placeholder is refused with the one that was meant", () => {
  const agent = agentOf("mine", { argv: ["my-agent", "{task_slig}"] });
  expect(() => launchOf(agent, request({}))).toThrow(
    "agents.mine: unknown placeholder {task_slig}; did you mean {task_slug}?",
  );
});

test("a configured agent of a known program keeps its words and is driven as the program is", () => {
  const agent = agentOf("BuilderAgent", { argv: ["codex", "--search"] });
  expect(launchOf(agent, request({ prompt: "Go on", conversationId: conversation })).argv).toEqual([
    "codex",
    "--search",
    "resume",
    conversation,
    "Go on",
  ]);
});

test("a configured way to go on beats the known one", () => {
  const agent = agentOf("codex", { argv: ["codex"], resumeArgv: ["codex", "again", "{session_id}"] });
  expect(launchOf(agent, request({ conversationId: conversation })).argv).toEqual(["codex", "again", conversation]);
});

test("configuration may name the new conversation itself", () => {
  const agent = agentOf("claude", { argv: ["claude", "--session-id={session_id}"] });
  expect(launchOf(agent, request({}))).toMatchObject({
    argv: ["claude", `--session-id=${fresh}`],
    conversationId: fresh,
  });
});

test("a program of which nothing is known cannot go on, and the message says what to configure", () => {
  const refused = new LaunchRefused(
    "cannot-resume",
    "the agent mine cannot go on with an earlier conversation. Say how in agents.mine.resume, with {session_id} in it.",
  );
  expect(() => launchOf(agentOf("mine", {}), request({ conversationId: conversation }))).toThrow(refused);
});

test.each(["--help", "-x", "", "a b", "a\n", "../x", "a".repeat(129), "$(x)", "a;b"])(
  "%j is no id of a conversation",
  (id) => {
    expect(() => launchOf(agentOf("claude"), request({ conversationId: id }))).toThrow(/no id of a conversation/);
  },
);

test("a prompt to be typed has no keys that a terminal acts on, but the one that sends it", () => {
  const agent = agentOf("mine", { prompt: "stdin" });
  expect(launchOf(agent, request({ prompt: "one\r\ntwo\u0003\u0004\u001b[A\n\tthree\n" }))).toMatchObject({
    argv: ["my-agent"],
    stdin: "one\ntwo[A\n three\r",
  });
});

test("an agent that takes no prompt gets none", () => {
  expect(launchOf(agentOf("mine", { prompt: "none" }), request({ prompt: "x y" }))).toMatchObject({
    argv: ["my-agent"],
    stdin: null,
  });
});

test("a prompt that no argument can hold is refused", () => {
  const agent = agentOf("codex");
  const longest = `x ${"y".repeat(128 * 1024 - 3)}`;
  expect(launchOf(agent, request({ prompt: longest }), "linux").argv.at(-1)).toBe(longest);
  expect(() => launchOf(agent, request({ prompt: `${longest}y` }), "linux")).toThrow(/longer than 131071 bytes/);
  expect(() => launchOf(agent, request({ prompt: longest }), "win32")).toThrow(/longer than 30000 bytes/);
});

test("every prompt arrives whole, and is never an option or empty word", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (prompt) => {
      const argument = launchOf(agentOf("codex"), request({ prompt })).argv[1] ?? " ";
      expect(argument.startsWith("-")).toBe(false);
      expect(argument.includes("\0")).toBe(false);
      expect(argument.trimStart()).toBe(prompt.replaceAll("\0", "").trimStart());
    }),
  );
});

test("agents are the configured ones, then the built-in ones", () => {
  const configured = agentOf("mine", {});
  const agents = listAgents(new Map([["mine", configured]]), surroundings);
  expect(agents.map(({ name }) => name)).toEqual(["mine", "opencode", "codex", "claude", "shell"]);
});
