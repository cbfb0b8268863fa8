/** Each asks the program itself, with the words up to the cursor: nothing to regenerate when commands or jobs change. */
const bash = `_orchastration() {
  local IFS=$'\\n'
  COMPREPLY=($(orchastration completion bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _orchastration orchastration orch`;

const zsh = `#compdef orchastration orch
_orchastration() {
  local -a candidates
  candidates=("\${(@f)$(orchastration completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( \${#candidates[1]} )); then compadd -- "\${candidates[@]}"; else _files; fi
}
compdef _orchastration orchastration orch`;

const fish = `function __orchastration_candidates
  orchastration completion fish -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null
end
complete -c orchastration -a '(__orchastration_candidates)'
complete -c orch -a '(__orchastration_candidates)'`;

export const SCRIPTS = { bash, zsh, fish } as const;
