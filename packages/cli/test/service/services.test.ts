import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { launchdService } from "../../src/service/launchd.ts";
import type { ServiceFacts } from "../../src/service/service.ts";
import { systemdService } from "../../src/service/systemd.ts";
import { windowsTask } from "../../src/service/windows-task.ts";

const FACTS: ServiceFacts = {
  name: "orchastration",
  node: "/opt/node 24/bin/node",
  daemonProgram: "/opt/orchastration/daemon.js",
  daemonArgs: ["--state-dir", '/home/ada/50% "$HOME" <state> & \\more'],
  serviceDir: "/home/ada/.config/systemd/user",
  socketName: "3f2a.sock",
  uid: 1000,
};

describe("systemd", () => {
  const { files, installCommands, uninstallCommands, advice } = systemdService(FACTS);
  const [service, socket] = files.map(({ content }) => content);

  test("the unit ends the daemon alone, and starts it again when it fails", () => {
    for (const line of [
      "KillMode=process",
      "OOMPolicy=continue",
      "Restart=on-failure",
      "Requires=orchastration.socket",
    ]) {
      expect(service).toContain(`\n${line}\n`);
    }
  });

  test("words of the command are neither split nor expanded", () => {
    expect(service).toContain(
      'ExecStart="/opt/node 24/bin/node" "/opt/orchastration/daemon.js" "--state-dir" "/home/ada/50%% \\"$$HOME\\" <state> & \\\\more" "--foreground"',
    );
  });

  test("the socket is where the daemon would listen by itself, and the user's alone", () => {
    expect(socket).toContain("\nListenStream=%t/orchastration/3f2a.sock\nSocketMode=0600\nDirectoryMode=0700\n");
  });

  test("the commands enable and disable the socket", () => {
    expect(installCommands.at(-1)).toEqual(["systemctl", "--user", "enable", "--now", "orchastration.socket"]);
    expect(uninstallCommands).toEqual([["systemctl", "--user", "disable", "--now", "orchastration.socket"]]);
    expect(advice).toContain("loginctl enable-linger");
  });

  const hasAnalyze = spawnSync("systemd-analyze", ["--version"]).status === 0;
  test.skipIf(!hasAnalyze)("systemd itself finds nothing wrong", () => {
    const directory = temporaryDirectory();
    const facts = { ...FACTS, node: process.execPath, daemonProgram: "/dev/null", serviceDir: directory };
    const paths = systemdService(facts).files.map(({ path, content }) => {
      mkdirSync(directory, { recursive: true });
      writeFileSync(path, content);
      return path;
    });
    const { stderr } = spawnSync("systemd-analyze", ["verify", "--user", ...paths], { encoding: "utf8" });
    expect(stderr.split("\n").filter((line) => line.includes("orchastration"))).toEqual([]);
  });
});

describe("launchd", () => {
  const { files, installCommands, uninstallCommands } = launchdService({
    ...FACTS,
    serviceDir: "/Users/ada/Library/LaunchAgents",
  });
  const [agent] = files;

  test("the agent is a property list with its text escaped", () => {
    expect(agent?.path).toBe("/Users/ada/Library/LaunchAgents/io.orchastration.daemon.plist");
    expect(agent?.content).toContain('<string>/home/ada/50% "$HOME" &lt;state&gt; &amp; \\more</string>');
    expect(tagsOf(agent?.content ?? "")).toEqual([]);
  });

  test("sessions outlive the daemon, and a failed daemon is started again", () => {
    expect(agent?.content).toMatch(/<key>AbandonProcessGroup<\/key>\s*<true\/>/);
    expect(agent?.content).toMatch(/<key>SuccessfulExit<\/key>\s*<false\/>/);
  });

  test("it is made known to the user's own domain", () => {
    expect(installCommands).toEqual([["launchctl", "bootstrap", "gui/1000", agent?.path]]);
    expect(uninstallCommands).toEqual([["launchctl", "bootout", "gui/1000/io.orchastration.daemon"]]);
  });
});

describe("the Windows task", () => {
  const facts = {
    ...FACTS,
    serviceDir: "C:\\Users\\ada\\AppData\\Local\\orchastration",
    daemonArgs: ["--state-dir", 'D:\\a "b"\\'],
  };
  const { files, installCommands, uninstallCommands } = windowsTask(facts);
  const [task] = files;

  test("is UTF-16 with a mark, as the scheduler wants it", () => {
    expect(task).toMatchObject({
      path: "C:\\Users\\ada\\AppData\\Local\\orchastration\\orchastration-task.xml",
      encoding: "utf16le",
    });
    expect(task?.content.startsWith('\uFEFF<?xml version="1.0" encoding="UTF-16"?>')).toBe(true);
    expect(tagsOf(task?.content ?? "")).toEqual([]);
  });

  test("quotes its arguments as Windows takes them apart", () => {
    expect(task?.content).toContain('"--state-dir" "D:\\a \\"b\\"\\\\" "--foreground"</Arguments>');
  });

  test("runs without a time limit, on battery too, once", () => {
    for (const setting of [
      "<ExecutionTimeLimit>PT0S<",
      "<StopIfGoingOnBatteries>false<",
      "<MultipleInstancesPolicy>IgnoreNew<",
    ]) {
      expect(task?.content).toContain(setting);
    }
  });

  test("is registered and removed by name", () => {
    expect(installCommands[0]).toEqual(["schtasks", "/Create", "/TN", "orchastration", "/XML", task?.path, "/F"]);
    expect(uninstallCommands).toEqual([["schtasks", "/Delete", "/TN", "orchastration", "/F"]]);
  });
});

/** Elements that were opened and not closed, or the other way round. */
function tagsOf(xml: string): string[] {
  const open: string[] = [];
  for (const [, end, name = "", isEmpty] of xml.matchAll(/<(\/?)([A-Za-z]+)[^<>]*?(\/?)>/g)) {
    if (end === "/" && open.at(-1) === name) open.pop();
    else if (isEmpty !== "/") open.push(end === "/" ? `/${name}` : name);
  }
  return open;
}
