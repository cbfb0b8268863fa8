import { spawn } from "node:child_process";
import { CommandError, UsageError } from "../command-error.ts";
import type { Context } from "../context.ts";
import { hasTerminal } from "../terminal/has-terminal.ts";

/** Opens a file in the person's editor and waits until it is closed. */
export async function editFile(context: Context, path: string): Promise<void> {
  const [program, ...args] = editorOf(context);
  if (!hasTerminal(context)) {
    throw new UsageError("An editor needs a terminal on stdin and stdout.", `The file is ${path}.`);
  }
  const ended = Promise.withResolvers<string | null>();
  const child = spawn(program, [...args, path], { stdio: "inherit" });
  child.once("error", (error) => ended.resolve(error.message));
  child.once("exit", (code, signal) =>
    ended.resolve(code === 0 ? null : `it ended with ${signal ?? `exit code ${code}`}`),
  );
  const failure = await ended.promise;
  if (failure === null) return;
  throw new CommandError("EditorFailed", `The editor ${program} failed: ${failure}.`, {
    hint: `Set VISUAL or EDITOR to another one. The file is ${path}.`,
  });
}

/** `EDITOR` may carry arguments (`code --wait`). It is split at blanks and never given to a shell. */
function editorOf({ env, platform }: Context): readonly [string, ...string[]] {
  for (const name of ["VISUAL", "EDITOR"]) {
    const [program, ...args] = (env[name] ?? "").split(/\s+/).filter((word) => word !== "");
    if (program !== undefined) return [program, ...args];
  }
  return [platform === "win32" ? "notepad.exe" : "vi"];
}
