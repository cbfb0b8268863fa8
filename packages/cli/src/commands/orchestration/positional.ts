export const orchestrationPositional = {
  name: "orchestration",
  description: "Name of a configured orchestration, or the id of one run of it",
  isRequired: true,
} as const;
