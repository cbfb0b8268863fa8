import { accessSync, closeSync, constants, openSync, readSync, type Stats, statSync } from "node:fs";
import { OrchastrationError } from "@orchastration/protocol";
import { errorCode } from "@orchastration/protocol/node";
import type { SpawnParams } from "@orchastration/protocol/supervisor";

type Command = Pick<SpawnParams, "file" | "argv" | "cwd" | "env">;

/**
 * What would not fail in the system's own words, or not at all: a NUL, which Node refuses in a message that shows the value, and a file of
 * commands without an interpreter line, which the C library would hand to /bin/sh (a shell nobody asked for).
 */
export function refuseUnstartable({ file, argv, cwd, env }: Command): void {
  const withNul = [
    ...argv.flatMap((argument, index) => (argument.includes("\0") ? [`argument ${index}`] : [])),
    ...Object.entries(env).flatMap(([name, value]) => (`${name}${value}`.includes("\0") ? [`variable ${name}`] : [])),
    ...(`${file}${cwd}`.includes("\0") ? ["the path"] : []),
  ];
  if (withNul[0] !== undefined) {
    throw new OrchastrationError(
      "SpawnFailed",
      `Cannot start the command: ${withNul[0].replaceAll("\0", "")} has a NUL.`,
      {
        hint: "No program can be given a NUL character; remove it.",
      },
    );
  }
  if (process.platform !== "win32" && isTextWithoutInterpreter(file)) {
    throw notExecutable(file, "it is a text without an interpreter line");
  }
}

/**
 * What a fork finds out too late: its complaint would be output of the new terminal. Between this look and the start things can change; then the
 * terminal shows why, and the exit is 1.
 */
export function refuseUnexecutable(command: Command): void {
  const { file, cwd } = command;
  try {
    accessSync(file, constants.X_OK);
    accessSync(cwd, constants.X_OK);
  } catch (error) {
    throw explainSpawnFailure(command, error);
  }
  if (!isDirectory(cwd)) throw directoryInvalid(cwd, "is no directory");
  if (isDirectory(file)) throw notExecutable(file, "it is a directory");
  const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(readHead(file)?.toString() ?? "")?.[1];
  if (process.platform !== "win32" && interpreter !== undefined && !exists(interpreter)) throw interpreterMissing(file);
}

/** The error of the catalogue for what `spawn` said. Environment values never get into it. */
export function explainSpawnFailure({ file, argv, cwd, env }: Command, error: unknown): OrchastrationError {
  const code = errorCode(error);
  // The system reports a bad working directory by the same codes as a bad program.
  const objection =
    code === "ENOENT" || code === "EACCES" || code === "ENOTDIR" ? objectionToDirectory(cwd) : undefined;
  if (objection !== undefined) return directoryInvalid(cwd, objection);
  switch (code) {
    case "ENOENT":
      return exists(file) ? interpreterMissing(file) : notFound(file);
    case "ENOTDIR":
      return notFound(file);
    case "EACCES":
    case "EISDIR":
    case "ENOEXEC":
    case "EPERM":
      return notExecutable(file, isDirectory(file) ? "it is a directory" : whyNotExecutable(code));
    case "E2BIG": {
      const bytes = sizeOf(argv) + sizeOf(Object.entries(env).map(([name, value]) => `${name}=${value}`));
      return new OrchastrationError(
        "SpawnFailed",
        `Cannot start ${file}: arguments and environment have ${bytes} bytes, more than this system allows.`,
        { hint: "Pass long lists in a file, or narrow the environment with `daemon.environment`.", cause: error },
      );
    }
    default:
      return new OrchastrationError("SpawnFailed", `Cannot start ${file}: ${code ?? "the system refused"}.`, {
        details: { systemCode: code ?? null },
      });
  }
}

function directoryInvalid(cwd: string, objection: string): OrchastrationError {
  return new OrchastrationError("WorkingDirectoryInvalid", `Cannot work in ${cwd}: it ${objection}.`, {
    details: { workingDir: cwd },
  });
}

function notFound(file: string): OrchastrationError {
  return new OrchastrationError("CommandNotFound", `There is no program ${file}.`, { details: { file } });
}

function interpreterMissing(file: string): OrchastrationError {
  return new OrchastrationError("CommandNotFound", `${file} exists, but the interpreter it names does not.`, {
    hint: "Correct its first line (`#!...`), also for a carriage return at its end, or install the interpreter.",
    details: { file },
  });
}

function notExecutable(file: string, why: string): OrchastrationError {
  return new OrchastrationError("CommandNotExecutable", `Cannot execute ${file}: ${why}.`, {
    hint: "Make it executable (`chmod +x`) and begin a script with `#!` and its interpreter, or name the interpreter in the command.",
    details: { file },
  });
}

function whyNotExecutable(code: string): string {
  return code === "ENOEXEC" ? "this system knows no way to run it" : "permission denied";
}

function objectionToDirectory(path: string): string | undefined {
  const stats = statIfPossible(path);
  if (stats === undefined) return "does not exist";
  if (!stats.isDirectory()) return "is no directory";
  try {
    accessSync(path, constants.X_OK);
    return undefined;
  } catch {
    return "cannot be entered";
  }
}

function exists(path: string): boolean {
  return statIfPossible(path) !== undefined;
}

function isDirectory(path: string): boolean {
  return statIfPossible(path)?.isDirectory() ?? false;
}

function statIfPossible(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function sizeOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
}

const HEAD_BYTES = 256;

/** Binary formats all have a NUL near their beginning; whether the kernel knows the format is for the kernel to say. */
function isTextWithoutInterpreter(file: string): boolean {
  const head = readHead(file);
  return head !== undefined && head[0] !== 0x7f && !head.includes(0) && head.toString("latin1", 0, 2) !== "#!";
}

/** Undefined when it cannot be read: programs need not be readable, and everything else is explained after the attempt. */
function readHead(file: string): Buffer | undefined {
  if (!(statIfPossible(file)?.isFile() ?? false)) return undefined;
  let descriptor: number;
  try {
    accessSync(file, constants.X_OK);
    descriptor = openSync(file, "r");
  } catch {
    return undefined;
  }
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, readSync(descriptor, head));
  } finally {
    closeSync(descriptor);
  }
}
