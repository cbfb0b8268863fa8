import { win32 } from "node:path";
import type { DesktopCall } from "./desktop.ts";
import type { Notification } from "./notification.ts";

/**
 * The script is constant; what is shown comes to it in variables, and into the toast as text nodes. Toasts need the id of an
 * installed application: PowerShell's own is always there.
 */
const script = `
$ErrorActionPreference = 'Stop'
[void][Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$toast = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02)
$texts = $toast.GetElementsByTagName('text')
[void]$texts.Item(0).AppendChild($toast.CreateTextNode($env:ORCHASTRATION_NOTIFY_TITLE))
[void]$texts.Item(1).AppendChild($toast.CreateTextNode($env:ORCHASTRATION_NOTIFY_BODY))
$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app).Show([Windows.UI.Notifications.ToastNotification]::new($toast))
`;

/** Windows PowerShell 5.1, which every Windows has; later ones cannot load these types. */
export function callOnWindows(
  { title, body }: Notification,
  env: Readonly<Record<string, string | undefined>>,
): DesktopCall {
  const system = win32.join(env["SystemRoot"] ?? "C:\\Windows", "System32");
  const program = win32.join(system, "WindowsPowerShell", "v1.0", "powershell.exe");
  const encoded = Buffer.from(script, "utf16le").toString("base64");
  return {
    argv: [program, "-NoProfile", "-NonInteractive", "-EncodedCommand", encoded],
    env: { ORCHASTRATION_NOTIFY_TITLE: title, ORCHASTRATION_NOTIFY_BODY: body },
  };
}
