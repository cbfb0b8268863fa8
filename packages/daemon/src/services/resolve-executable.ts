import { accessSync, constants, type Stats, statSync } from "node:fs";
import { delimiter, isAbsolute, join, relative, resolve } from "node:path";
import { OrchastrationError } from "@orchastration/protocol";
import type { Environment } from "./child-environment.ts";

/**
 * The program a command names, found as execvp would: a name with a slash against the working directory, any other along the PATH the child will
 * have, except that relative entries and those inside a distrusted directory are left out. Decided before the intent is written, so that a misspelt command is refused and never becomes a run.
 * @throws OrchastrationError CommandNotFound, CommandNotExecutable, WorkingDirectoryInvalid
 */
export function resolveExecutable(command: string, workingDir: string, env: Environment, distrusted?: string): string {
  requireDirectory(workingDir);
  const candidates = candidatePaths(command, workingDir, env, distrusted);
  let refusal: OrchastrationError | undefined;
  for (const path of candidates) {
    const verdict = executability(path);
    if (verdict === "executable") return path;
    if (verdict !== "absent") refusal ??= notExecutable(command, path, verdict);
  }
  if (refusal !== undefined) throw refusal;
  const where = command.includes("/") ? `in ${workingDir}` : "on the PATH";
  throw new OrchastrationError("CommandNotFound", `${command}: command not found ${where}`, {
    details: { command },
  });
}

function candidatePaths(command: string, workingDir: string, env: Environment, distrusted?: string): string[] {
  const isPath = command.includes("/") || (process.platform === "win32" && command.includes("\\"));
  if (isPath) return withExtensions(isAbsolute(command) ? command : resolve(workingDir, command), env);
  const path = (process.platform === "win32" ? (env.Path ?? env.PATH) : env.PATH) ?? "/usr/bin:/bin";
  // An empty entry means the working directory, as for execvp.
  return path
    .split(delimiter)
    .filter((entry) => distrusted === undefined || (isAbsolute(entry) && !isInside(entry, distrusted)))
    .flatMap((entry) => withExtensions(resolve(workingDir, join(entry || ".", command)), env));
}

function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === "" || (!way.startsWith("..") && !isAbsolute(way));
}

/** Windows runs only what carries an extension of PATHEXT; scripts (`.cmd`, `.bat`) would need a shell and are refused by {@link executability}. */
function withExtensions(path: string, env: Environment): string[] {
  if (process.platform !== "win32") return [path];
  const extensions = (env.PATHEXT ?? ".COM;.EXE;.BAT;.CMD").split(";");
  return [path, ...extensions.map((extension) => path + extension.toLowerCase())];
}

type Executability = "executable" | "absent" | "a directory" | "not marked executable" | "a shell script of Windows";

function executability(path: string): Executability {
  const stats = findStats(path);
  if (stats === undefined) return "absent";
  if (stats.isDirectory()) return "a directory";
  if (process.platform === "win32") return /\.(cmd|bat)$/i.test(path) ? "a shell script of Windows" : "executable";
  try {
    accessSync(path, constants.X_OK);
    return "executable";
  } catch {
    return "not marked executable";
  }
}

function notExecutable(command: string, path: string, verdict: Executability): OrchastrationError {
  const hints: Partial<Record<Executability, string>> = {
    "not marked executable": `Make it executable: \`chmod +x ${path}\`.`,
    "a shell script of Windows": "Name the program behind the script, for example node.exe with the script's .js file.",
  };
  const hint = hints[verdict];
  return new OrchastrationError("CommandNotExecutable", `${command}: ${path} is ${verdict}`, {
    details: { command, path },
    ...(hint === undefined ? {} : { hint }),
  });
}

function requireDirectory(path: string): void {
  const refuse = (why: string): never => {
    throw new OrchastrationError("WorkingDirectoryInvalid", `working directory ${path}: ${why}`, { details: { path } });
  };
  const stats = findStats(path);
  if (stats === undefined) return refuse("it does not exist");
  if (!stats.isDirectory()) return refuse("it is no directory");
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return refuse("it cannot be entered: permission denied");
  }
}

/**
 * Undefined also for what may exist behind a directory that cannot be searched: for execvp that is the same. Most places along a PATH have nothing:
 * an error made for each would take longer than all the rest.
 */
function findStats(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
