/** Words are completed by asking the program, as in other shells; nu wants to know of a task alone. */
export const nu = `def "nu-complete orchastration tasks" [] {
  ^orchastration completion fish -- path "" | complete | get stdout | lines
}
def --env ocd [task: string@"nu-complete orchastration tasks"] {
  let answer = (^orchastration path -- $task | complete)
  if $answer.exit_code != 0 {
    error make --unspanned { msg: ($answer.stderr | str trim) }
  }
  cd ($answer.stdout | str trim --right --char "\\n")
}`;
