/** What `{name}` may stand for in argv; the child finds the same values as `ORCHASTRATION_<NAME>` in its environment. */
export const placeholders = [
  "task_id",
  "task_slug",
  "task_title",
  "worktree",
  "base_branch",
  "branch",
  "agent",
  "project_root",
  "run_id",
  "socket",
  "session_id",
  "goal",
  "context_file",
  "result_file",
  "orchestration",
] as const;

export type Placeholder = (typeof placeholders)[number];

/**
 * `{lower_snake}`, but not `${shell}`, curl's `%{format}` or a template's `{{name}}` (the first alternative): those belong
 * to the command. Anything else in braces (`{}`, `{print $1}`, JSON) is no placeholder either.
 */
const pattern = /\{\{[a-z0-9_]+\}\}|(?<![$%])\{([a-z][a-z0-9]*(?:_[a-z0-9]+)*)\}/g;

/** The names in braces of one argv item, known or not. */
export function findPlaceholders(item: string): string[] {
  return [...item.matchAll(pattern)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

export function isPlaceholder(name: string): name is Placeholder {
  return placeholders.some((known) => known === name);
}

/**
 * Replaces placeholders once: braces inside a value stay data. A placeholder without a value stays as it is written,
 * since an empty text in its place turns `{worktree}/build` into another path.
 */
export function substitute(argv: readonly string[], values: Readonly<Partial<Record<Placeholder, string>>>): string[] {
  return argv.map((item) =>
    item.replaceAll(pattern, (whole: string, name: string | undefined) =>
      name !== undefined && isPlaceholder(name) ? (values[name] ?? whole) : whole,
    ),
  );
}
