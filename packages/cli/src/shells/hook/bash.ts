import { SCRIPTS } from "../completion-scripts.ts";

export const bash = `${SCRIPTS.bash}
ocd() {
  local directory
  directory="$(orchastration path -- "$@")" || return
  builtin cd -- "$directory"
}
_orchastration_ocd() {
  local IFS=$'\\n'
  COMPREPLY=($(orchastration completion bash -- path "\${COMP_WORDS[COMP_CWORD]}" 2>/dev/null))
}
complete -F _orchastration_ocd ocd`;
