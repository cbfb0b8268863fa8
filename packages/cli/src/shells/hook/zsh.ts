import { SCRIPTS } from "../completion-scripts.ts";

/** Without compinit there is no completion to set up, and the function works all the same. */
export const zsh = `ocd() {
  local directory
  directory="$(orchastration path -- "$@")" || return
  builtin cd -- "$directory"
}
if (( $+functions[compdef] )); then
${SCRIPTS.zsh}
_orchastration_ocd() {
  local -a candidates
  candidates=("\${(@f)$(orchastration completion zsh -- path "\${words[CURRENT]}" 2>/dev/null)}")
  if (( \${#candidates[1]} )); then compadd -- "\${candidates[@]}"; fi
}
compdef _orchastration_ocd ocd
fi`;
