import { ERRORS } from "@orchastration/protocol";
import { blocks, code, fence, GENERATED, table } from "./markdown.ts";

const INTRODUCTION = `# Errors

Every error that crosses the wire is one of these. It carries its kind, so that nobody has to compare texts:

${fence(
  "json",
  `{ "code": 1101, "message": "There is no job \\"sampel\\".", "data": { "kind": "JobNotFound", "hint": "Did you mean sample?", "retryable": false } }`,
)}

- \`code\`: reserved numbers below zero for the protocol itself, from 1000 on for ours. A code is stable for ever.
- \`data.kind\` names the error, \`data.hint\` says what to do, and \`data.retryable\` whether the same request may succeed later by itself.
- Further members of \`data\` belong to the kind; a client ignores those it does not know.
- A defect is an \`InternalError\` with \`data.incident\`. What happened stands under that id in the daemon's log, and nowhere else.

The exit code is the one with which the command line ends when this error ends a command.`;

export function errorsDocument(): string {
  const kinds = Object.entries(ERRORS);
  const rows = kinds.map(([kind, { code: number, exitCode, isRetryable, meaning }]) => [
    `[${code(kind)}](#${kind.toLowerCase()})`,
    String(number),
    String(exitCode),
    isRetryable ? "yes" : "",
    meaning,
  ]);
  const sections = kinds.map(([kind, { meaning, hint }]) => blocks(`## ${kind}`, meaning, `**What to do:** ${hint}`));
  return blocks(
    GENERATED,
    INTRODUCTION,
    table(["kind", "code", "exit code", "retryable", "meaning"], rows),
    ...sections,
  );
}
