import { defineCommand } from "../command-spec.ts";

export const shellHook = defineCommand({
  name: "shell-hook",
  summary: "Print a function `ocd <task>` for a shell, which goes to the task's worktree, and completion set-up",
  positionals: [
    {
      name: "shell",
      description: "Which shell",
      isRequired: true,
      choices: ["zsh", "bash", "fish", "nu", "powershell"],
    },
  ],
  examples: [
    { line: "shell-hook zsh", meaning: 'In ~/.zshrc, behind compinit: eval "$(orchastration shell-hook zsh)"' },
    { line: "shell-hook bash", meaning: 'In ~/.bashrc: eval "$(orchastration shell-hook bash)"' },
    { line: "shell-hook fish | source", meaning: "In config.fish." },
    { line: "shell-hook nu", meaning: "Save it: ... | save -f ~/ocd.nu; and in config.nu: source ~/ocd.nu" },
    { line: "shell-hook powershell", meaning: "In the profile: ... | Out-String | Invoke-Expression" },
  ],
});
