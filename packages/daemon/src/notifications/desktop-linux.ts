import type { DesktopCall } from "./desktop.ts";
import type { Notification } from "./notification.ts";

/** notify-send (libnotify) speaks to the notification service of the session, by its message bus. */
export function hasLinuxDesktop(env: Readonly<Record<string, string | undefined>>): boolean {
  const hasDisplay = Boolean(env["DISPLAY"]) || Boolean(env["WAYLAND_DISPLAY"]);
  return hasDisplay && Boolean(env["DBUS_SESSION_BUS_ADDRESS"]);
}

/** The text, not the title, is read as markup (Desktop Notifications Specification, "Markup"). */
export function callOnLinux({ title, body }: Notification): DesktopCall {
  const text = body.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return { argv: ["notify-send", "--app-name=orchastration", "--", title, text], env: {} };
}
