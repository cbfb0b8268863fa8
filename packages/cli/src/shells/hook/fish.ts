import { SCRIPTS } from "../completion-scripts.ts";

/** A command's output is a list of lines here; a path may have several. */
export const fish = `${SCRIPTS.fish}
function ocd --description 'Go to the worktree of a task'
  set -l lines (orchastration path -- $argv)
  or return
  cd -- (string join \\n -- $lines | string collect)
end
complete -c ocd -f -a '(orchastration completion fish -- path (commandline -ct) 2>/dev/null)'`;
