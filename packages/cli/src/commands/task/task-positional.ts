/** How every command names a task. */
export const taskPositional = {
  name: "task",
  description: "A task's number, its slug, or both (3-login); or the name of a configured task",
  isRequired: true,
  completes: "task",
} as const;
