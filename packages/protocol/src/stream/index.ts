export * from "./attach-line.ts";
export * from "./complete-sequences.ts";
export * from "./frames.ts";
