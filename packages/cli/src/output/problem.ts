import { toPlainText } from "@orchastration/protocol";
import type { ConfigProblem } from "@orchastration/protocol/contract";

/** `file:line: key: message`, as compilers write it; a warning says so before its key. */
export function formatProblem({ file, line, key, message, suggestion, severity }: ConfigProblem): string {
  const place = line === null ? file : `${file}:${line}`;
  const advice = suggestion === null ? "" : ` (did you mean ${suggestion}?)`;
  const kind = severity === "warning" ? ["warning"] : [];
  return toPlainText([place, ...kind, ...(key === null ? [] : [key]), `${message}${advice}`].join(": "));
}
