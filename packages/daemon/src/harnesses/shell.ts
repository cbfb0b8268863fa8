import { posix, win32 } from "node:path";
import type { Argv, Harness, Surroundings } from "./harness.ts";

/** A person works on the task by hand: their own shell, interactive because it has a terminal. */
export const ownShell: Harness = {
  name: "shell",
  command: chooseShell,
  promptArguments: () => [],
  resumeArguments: null,
  newConversationArguments: null,
  environment: ["SHELL", "COMSPEC"],
  folders: [],
};

/** A relative path would be looked for in the repository. */
function chooseShell({ env, platform }: Surroundings): Argv {
  if (platform === "win32")
    return [env["COMSPEC"] !== undefined && win32.isAbsolute(env["COMSPEC"]) ? env["COMSPEC"] : "cmd.exe"];
  return [env["SHELL"] !== undefined && posix.isAbsolute(env["SHELL"]) ? env["SHELL"] : "/bin/sh"];
}
