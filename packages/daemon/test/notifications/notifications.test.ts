import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { until } from "../../../../test/support/until.ts";
import type { Notification } from "../../src/notifications/notification.ts";
import { createNotifications } from "../../src/notifications/notifications.ts";
import { createTime, newsOf } from "./settings.ts";

function arrange(env: Readonly<Record<string, string>> = {}) {
  const directory = temporaryDirectory();
  const time = createTime();
  const failures: string[] = [];
  const onTerminals: Notification[] = [];
  const notifications = createNotifications({
    env: { PATH: process.env["PATH"], ...env },
    platform: "linux",
    after: time.after,
    tellTerminals: (notification) => void onTerminals.push(notification),
    onFailure: (channel, error) =>
      failures.push(`${channel}: ${error instanceof Error ? error.message : String(error)}`),
  });
  return { directory, time, failures, onTerminals, notifications };
}

/** A program that does what `body` says in the shell. */
function program(path: string, body: string): string {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

const settings = { on: ["idle"], command: null } as const;

test("off by default: news that nobody asked for starts nothing", () => {
  const { notifications, time, onTerminals } = arrange();
  notifications.notify(newsOf({})[0], { on: [], command: ["/nowhere"] });
  notifications.notify(newsOf({ kind: "failed" })[0], settings);
  expect(time.waiting()).toBe(0);
  expect(onTerminals).toEqual([]);
});

test("a command gets the texts as arguments and the task as variables; nothing of them is run", async () => {
  const { directory, notifications, time } = arrange();
  const out = join(directory, "out");
  const command = program(
    join(directory, "tell"),
    `printf '%s\\n' "$@" "$PWD" "$ORCHASTRATION_TASK_TITLE" "$ORCHASTRATION_TASK_ID" > ${out}.new && mv ${out}.new ${out}`,
  );
  const title = '"; touch pwned #$(touch pwned)`touch pwned`';
  notifications.notify(newsOf({ id: 7, title })[0], { on: ["idle"], command: [command, "--flag"] });
  time.pass(2_000);
  await until(() => existsSync(out));
  expect(readFileSync(out, "utf8").split("\n")).toEqual([
    "--flag",
    "fix-login is idle",
    `7-fix-login: ${title}`,
    "/",
    title,
    "7",
    "",
  ]);
  await notifications.close();
  expect(existsSync(join(directory, "pwned"))).toBe(false);
});

test("a command that hangs is killed at its deadline with all that it started, and said", async () => {
  const { directory, notifications, time, failures } = arrange();
  const pids = join(directory, "pids");
  const command = program(join(directory, "hang"), `sleep 1000 & echo $! > ${pids}.new; mv ${pids}.new ${pids}; wait`);
  notifications.notify(newsOf({})[0], { on: ["idle"], command: [command] });
  time.pass(2_000);
  await until(() => existsSync(pids));
  time.pass(10_000);
  await until(() => failures.length > 0);
  expect(failures).toEqual([`command: ${command} took longer than 10 s and was killed`]);
  await until(() => !isAlive(Number(readFileSync(pids, "utf8"))));
});

test("closing ends what runs", async () => {
  const { directory, notifications, time, failures } = arrange();
  const started = join(directory, "started");
  const command = program(join(directory, "hang"), `touch ${started}; exec sleep 1000`);
  notifications.notify(newsOf({})[0], { on: ["idle"], command: [command] });
  time.pass(2_000);
  await until(() => existsSync(started));
  await notifications.close();
  expect(failures).toEqual([`command: ${command} ended with SIGKILL`]);
});

test.each([
  ["fails", "exit 3", "ended with exit code 3"],
  ["is not there", undefined, "ENOENT"],
])("a command that %s is said", async (_, body, message) => {
  const { directory, notifications, time, failures } = arrange();
  const path = join(directory, "tell");
  if (body !== undefined) program(path, body);
  notifications.notify(newsOf({})[0], { on: ["idle"], command: [path] });
  time.pass(2_000);
  await until(() => failures.length > 0);
  expect(failures[0]).toContain(message);
});

test("a program of the repository, or of a relative directory, is never taken for the desktop's", async () => {
  const directory = temporaryDirectory();
  const repository = join(directory, "repository");
  const tools = join(directory, "tools");
  for (const path of [repository, join(repository, "bin"), tools]) mkdirSync(path);
  const out = join(directory, "out");
  program(join(repository, "bin", "notify-send"), `touch ${join(directory, "pwned")}`);
  program(join(tools, "notify-send"), `printf '%s\\n' "$@" > ${out}.new && mv ${out}.new ${out}`);
  const path = [join(repository, "bin"), "bin", "", tools, "/usr/bin", "/bin"].join(delimiter);
  const { notifications, time, onTerminals } = arrange({
    PATH: path,
    DISPLAY: ":0",
    DBUS_SESSION_BUS_ADDRESS: "unix:path=/x",
  });
  notifications.notify(newsOf({ repository })[0], settings);
  time.pass(2_000);
  await until(() => existsSync(out));
  expect(readFileSync(out, "utf8")).toBe(
    "--app-name=orchastration\n--\nfix-login is idle\n1-fix-login: Fix the login\n",
  );
  expect(existsSync(join(directory, "pwned"))).toBe(false);
  expect(onTerminals.map(({ title }) => title)).toEqual(["fix-login is idle"]);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie whose parent has gone may wait for init.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
