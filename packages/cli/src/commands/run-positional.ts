/** How every command names a run. */
const reference = {
  name: "run",
  description: "A run's id or the beginning of one, a task's name or number, or a job's name for its last run",
  completes: "run",
} as const;

export const runPositional = { ...reference, isRequired: true } as const;
export const optionalRunPositional = reference;
