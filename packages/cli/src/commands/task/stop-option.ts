/** How the words that finish a task end its agent too. */
export const stopOption = { type: "boolean", description: "End its session as well" } as const;
