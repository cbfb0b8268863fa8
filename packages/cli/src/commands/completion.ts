import { defineCommand } from "../command-spec.ts";

export const completion = defineCommand({
  name: "completion",
  summary: "Print a script that completes command lines in a shell",
  positionals: [{ name: "shell", description: "Which shell", isRequired: true, choices: ["bash", "zsh", "fish"] }],
  rest: { name: "words", description: "Print what could follow these words instead; the scripts ask so" },
  examples: [
    { line: "completion bash >> ~/.bashrc", meaning: "For bash." },
    { line: "completion zsh >> ~/.zshrc", meaning: "For zsh, behind its compinit." },
    { line: "completion fish | source", meaning: "For fish; in config.fish for good." },
  ],
});
