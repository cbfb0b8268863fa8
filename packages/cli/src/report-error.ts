import { AttachmentLostError, ConnectionClosedError, DaemonUnreachableError } from "@orchastration/client";
import { OrchastrationError, toPlainJson, toPlainText } from "@orchastration/protocol";
import type { ConfigProblem, ErrorDocument } from "@orchastration/protocol/contract";
import { CommandError, OutputError } from "./command-error.ts";
import type { Surroundings } from "./context.ts";
import { formatProblem } from "./output/problem.ts";
import { isBrokenPipe, write } from "./output/write.ts";
import { exitCodeOfSignal } from "./signals.ts";

const EXIT_FAILED = 1;
const EXIT_UNREACHABLE = 69;

interface Report {
  /** The kind of an error of the catalogue, or one of our own. */
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly exitCode: number;
}

/** Says what failed, why, and what to do; answers the exit code. */
export async function reportError(
  error: unknown,
  { stdout, stderr }: Pick<Surroundings, "stdout" | "stderr">,
  isJson: boolean,
): Promise<number> {
  if (isBrokenPipe(error)) return exitCodeOfSignal("SIGPIPE");
  const report = describe(error);
  // An error that cannot be written either leaves the exit code to tell of it.
  const isWritten = isJson && !(error instanceof OutputError) && (await isTakenBy(stdout, jsonOf(report)));
  if (!isWritten) await isTakenBy(stderr, textOf(report));
  return report.exitCode;
}

async function isTakenBy(stream: NodeJS.WritableStream, text: string): Promise<boolean> {
  return await write(stream, text).then(
    () => true,
    () => false,
  );
}

function describe(error: unknown): Report {
  if (
    error instanceof CommandError ||
    error instanceof DaemonUnreachableError ||
    error instanceof AttachmentLostError
  ) {
    return { code: error.kind, message: error.message, hint: error.hint, exitCode: error.exitCode };
  }
  if (error instanceof OrchastrationError) {
    const message = [error.message, ...detailLines(error)].join("\n");
    return { code: error.kind, message, hint: error.hint, exitCode: error.exitCode };
  }
  if (error instanceof ConnectionClosedError) {
    return {
      code: "ConnectionLost",
      message: `The daemon ended before it answered (${error.message}).`,
      hint: "`orchastration runs` shows what was started; `orchastration daemon logs` says why the daemon ended.",
      exitCode: EXIT_UNREACHABLE,
    };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: "Unexpected",
    message,
    hint: "This is a defect of orchastration: please report it.",
    exitCode: EXIT_FAILED,
  };
}

function detailLines({ kind, details }: OrchastrationError): readonly string[] {
  if (kind !== "ConfigInvalid" || !Array.isArray(details["problems"])) return [];
  return (details["problems"] as readonly ConfigProblem[]).map((problem) => `  ${formatProblem(problem)}`);
}

function jsonOf({ code, message, hint }: Report): string {
  const document: ErrorDocument = { error: { code, message, hint } };
  return `${toPlainJson(document)}\n`;
}

function textOf({ message, hint }: Report): string {
  const lines = `orchastration: ${message}`.split("\n").map((line) => toPlainText(line));
  return `${[...lines, ...(hint === null || hint === "" ? [] : [toPlainText(hint)])].join("\n")}\n`;
}
