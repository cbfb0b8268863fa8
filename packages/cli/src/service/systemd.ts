import { posix } from "node:path";
import { ROLE_MARKER } from "@orchastration/protocol/supervisor";
import { commandOf, type Service, type ServiceFacts } from "./service.ts";

/** Sources: systemd.service(5), systemd.socket(5), systemd.exec(5), systemd.syntax(7). */
export function systemdService(facts: ServiceFacts): Service {
  const { name, serviceDir } = facts;
  const file = (suffix: string, content: string) =>
    ({ path: posix.join(serviceDir, `${name}.${suffix}`), content, encoding: "utf8" }) as const;
  return {
    files: [file("service", serviceUnit(facts)), file("socket", socketUnit(facts))],
    installCommands: [
      ["systemctl", "--user", "daemon-reload"],
      ["systemctl", "--user", "enable", "--now", `${name}.socket`],
    ],
    uninstallCommands: [["systemctl", "--user", "disable", "--now", `${name}.socket`]],
    advice:
      "systemd ends your services at your last logout. To keep daemon and sessions then: `loginctl enable-linger`",
  };
}

/**
 * KillMode: systemd must end the daemon alone, the sessions' processes are in the same group. OOMPolicy: one session that takes too much memory
 * must not end all the others. Exit 75: a daemon that was started by hand holds the lock, and trying again would not change that.
 */
function serviceUnit(facts: ServiceFacts): string {
  return `[Unit]
Description=orchastration daemon
Requires=${facts.name}.socket
After=${facts.name}.socket

[Service]
ExecStart=${commandOf(facts).map(quote).join(" ")}
Environment=${ROLE_MARKER}=daemon
UnsetEnvironment=NODE_OPTIONS NODE_EXTRA_CA_CERTS
KillMode=process
OOMPolicy=continue
Restart=on-failure
RestartPreventExitStatus=75

[Install]
Also=${facts.name}.socket
`;
}

function socketUnit({ socketName }: ServiceFacts): string {
  return `[Unit]
Description=orchastration daemon socket

[Socket]
ListenStream=%t/orchastration/${socketName}
SocketMode=0600
DirectoryMode=0700

[Install]
WantedBy=sockets.target
`;
}

/** A word of ExecStart as it is: not split, no specifier, no variable. */
function quote(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$");
  return `"${escaped}"`;
}
