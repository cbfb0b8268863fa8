/** How plan, build and doc name a task. */
export const configuredTask = {
  name: "task",
  description: "Name of a configured task",
  isRequired: true,
  completes: "task",
} as const;
