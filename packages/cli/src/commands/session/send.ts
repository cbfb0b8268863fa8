import { defineCommand } from "../../command-spec.ts";
import { runPositional } from "../run-positional.ts";

export const sessionSend = defineCommand({
  name: "session send",
  summary: "Type into the terminal of a live run",
  positionals: [runPositional],
  options: {
    text: { type: "string", valueName: "text", description: "What to type, as it is" },
    keys: {
      type: "string",
      valueName: "keys",
      description: "Keys to press after it, such as C-c, Up or Enter, with blanks between",
    },
    enter: { type: "boolean", description: "Press Enter at the end" },
  },
  examples: [
    { line: "session send 7k3m --text ls --enter", meaning: "Type a line and press Enter." },
    { line: "session send 7k3m --keys C-c", meaning: "Interrupt what runs in it." },
  ],
});
