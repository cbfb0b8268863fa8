import type { DesktopCall } from "./desktop.ts";
import type { Notification } from "./notification.ts";

/** The script is constant; what is shown are its arguments. */
const script = ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"];

export function callOnDarwin({ title, body }: Notification): DesktopCall {
  return { argv: ["/usr/bin/osascript", ...script.flatMap((line) => ["-e", line]), title, body], env: {} };
}
