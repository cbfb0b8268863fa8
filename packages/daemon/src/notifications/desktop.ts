import { callOnDarwin } from "./desktop-darwin.ts";
import { callOnLinux, hasLinuxDesktop } from "./desktop-linux.ts";
import { callOnWindows } from "./desktop-windows.ts";
import type { Channel, Notification } from "./notification.ts";
import type { ProgramCall, RunProgram } from "./run-program.ts";

export type DesktopCall = Pick<ProgramCall, "argv" | "env">;

export interface Desktop {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/** The desktop's own notifications; undefined where there is no desktop. */
export function findDesktopChannel({ env, platform }: Desktop, run: RunProgram): Channel | undefined {
  const toCall = chooseCall(env, platform);
  if (toCall === undefined) return undefined;
  return {
    name: "desktop",
    deliver: (notification) =>
      run({ ...toCall(notification), repositories: notification.news.map(({ repository }) => repository) }),
  };
}

function chooseCall(
  env: Desktop["env"],
  platform: NodeJS.Platform,
): ((shown: Notification) => DesktopCall) | undefined {
  switch (platform) {
    case "darwin":
      return callOnDarwin;
    case "win32":
      return (shown) => callOnWindows(shown, env);
    case "linux":
      return hasLinuxDesktop(env) ? callOnLinux : undefined;
    default:
      return undefined;
  }
}
