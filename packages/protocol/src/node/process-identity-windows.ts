import { execFileSync } from "node:child_process";
import { win32 } from "node:path";
import type { ProcessProbe } from "./process-identity.ts";

/** Creation times in units of 100 ns since 1601: absolute, so that no process of a later boot can have the same pid and time. */
const SAME_AT_EVERY_BOOT = "windows";

export function parseWindowsCreationTime(text: string): string | undefined {
  return /^\s*(\d+)\s*$/.exec(text)?.[1];
}

export const windowsProbe: ProcessProbe = {
  bootId: () => SAME_AT_EVERY_BOOT,
  find(pid) {
    const script = `$p = Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}'; if ($p) { $p.CreationDate.ToFileTimeUtc() }`;
    const output = execFileSync(powershell(), ["-NoProfile", "-NonInteractive", "-Command", script], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      windowsHide: true,
    });
    const startTime = parseWindowsCreationTime(output);
    return startTime === undefined ? undefined : { startTime, isZombie: false };
  },
};

/** By its full path: a powershell.exe in the working directory or an earlier PATH entry is somebody else's. */
function powershell(): string {
  const root = process.env["SystemRoot"] ?? "C:\\Windows";
  return win32.join(root, "System32", "WindowsPowerShell", "v1.0", "powershell.exe");
}
