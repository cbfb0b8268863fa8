import { posix } from "node:path";
import { ROLE_MARKER } from "@orchastration/protocol/supervisor";
import { commandOf, type Service, type ServiceFacts } from "./service.ts";
import { escapeXml } from "./xml.ts";

/** Source: launchd.plist(5), launchctl(1). */
export function launchdService(facts: ServiceFacts): Service {
  const label = `io.${facts.name}.daemon`;
  const path = posix.join(facts.serviceDir, `${label}.plist`);
  const domain = `gui/${facts.uid}`;
  return {
    files: [{ path, content: propertyList(label, facts), encoding: "utf8" }],
    installCommands: [["launchctl", "bootstrap", domain, path]],
    uninstallCommands: [["launchctl", "bootout", `${domain}/${label}`]],
    advice: "launchd starts the daemon at login and ends it at logout.",
  };
}

/** AbandonProcessGroup: without it launchd ends the sessions together with the daemon. */
function propertyList(label: string, facts: ServiceFacts): string {
  const words = commandOf(facts).map((word) => `    <string>${escapeXml(word)}</string>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${escapeXml(label)}</string>
  <key>ProgramArguments</key>
  <array>
${words.join("\n")}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
    <key>${ROLE_MARKER}</key>
    <string>daemon</string>
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>AbandonProcessGroup</key>
  <true/>
</dict>
</plist>
`;
}
