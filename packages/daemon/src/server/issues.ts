import type { z } from "zod";

/** One thing wrong with a value: where, as in `target.argv[0]`, and what. Never the value, which may be a secret. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

type Path = readonly PropertyKey[];

export function issuesOf(error: z.core.$ZodError): Issue[] {
  const issues = error.issues.flatMap((issue) => flatten(issue, []));
  // Alternatives may find the same fault.
  return [...new Map(issues.map((issue) => [`${issue.path} ${issue.message}`, issue])).values()];
}

function flatten(issue: z.core.$ZodIssue, parent: Path): Issue[] {
  const path = [...parent, ...issue.path];
  if (issue.code !== "invalid_union" || issue.errors.length === 0) {
    return [{ path: format(path), message: issue.message }];
  }
  // One of the alternatives with the fewest mistakes is most likely the one that was meant.
  const fewest = Math.min(...issue.errors.map((errors) => errors.length));
  const closest = issue.errors.filter((errors) => errors.length === fewest).flat();
  return closest.flatMap((inner) => flatten(inner, path));
}

function format(path: Path): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return text.replace(/^\./, "");
}
