import { expect, test } from "vitest";
import { notificationFor } from "../../src/terminal/notification-for.ts";

const told = (env: Readonly<Record<string, string>>) => notificationFor(env)("login is idle", "1-login");
const OSC9 = "\x1b]9;login is idle: 1-login\x1b\\";
const OSC777 = "\x1b]777;notify;login is idle;1-login\x1b\\";

test("a terminal is told in the form it knows", () => {
  expect(told({ TERM: "xterm-256color" })).toBe(OSC9);
  expect(told({ TERM: "xterm-256color", VTE_VERSION: "7006" })).toBe(OSC777);
  expect(told({ TERM: "rxvt-unicode-256color" })).toBe(OSC777);
  expect(told({ TERM: "foot" })).toBe(OSC777);
});

test("one that would show the bytes is told nothing", () => {
  for (const TERM of ["linux", "dumb", ""]) expect(told({ TERM })).toBe("");
  expect(told({})).toBe("");
});

test("within tmux it is handed to the terminal around it", () => {
  expect(told({ TERM: "tmux-256color", TMUX: "/tmp/tmux-0/default,1,0" })).toBe(
    "\x1bPtmux;\x1b\x1b]9;login is idle: 1-login\x1b\x1b\\\x1b\\",
  );
});
