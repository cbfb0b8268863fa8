import { win32 } from "node:path";
import { commandOf, type Service, type ServiceFacts } from "./service.ts";
import { escapeXml } from "./xml.ts";

/** Source: Task Scheduler Schema, schtasks. */
export function windowsTask(facts: ServiceFacts): Service {
  const path = win32.join(facts.serviceDir, `${facts.name}-task.xml`);
  return {
    files: [{ path, content: taskXml(facts), encoding: "utf16le" }],
    installCommands: [
      ["schtasks", "/Create", "/TN", facts.name, "/XML", path, "/F"],
      ["schtasks", "/Run", "/TN", facts.name],
    ],
    uninstallCommands: [["schtasks", "/Delete", "/TN", facts.name, "/F"]],
    advice: "The task scheduler starts the daemon at logon and ends it at logoff.",
  };
}

/** The defaults left out here would end the daemon after three days and on battery. */
function taskXml(facts: ServiceFacts): string {
  const [program = "", ...words] = commandOf(facts);
  return `\uFEFF<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>orchastration daemon</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <Hidden>true</Hidden>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${escapeXml(program)}</Command>
      <Arguments>${escapeXml(words.map(quote).join(" "))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}

/** As CommandLineToArgvW takes words apart: backslashes count only before a quote. */
function quote(word: string): string {
  return `"${word.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
}
