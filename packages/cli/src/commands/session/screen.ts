import { defineCommand } from "../../command-spec.ts";
import { runPositional } from "../run-positional.ts";

export const sessionScreen = defineCommand({
  name: "session screen",
  summary: "Print what the terminal of a live run shows now",
  positionals: [runPositional],
  examples: [
    { line: "session screen 7k3m", meaning: "Its lines as text, without attaching." },
    { line: "session screen 7k3m --json", meaning: "With size, cursor and title." },
  ],
  json: { document: "screen" },
});
