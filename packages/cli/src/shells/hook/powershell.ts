/** Windows PowerShell reads a program's output in the code page of the console; ours is UTF-8. */
export const powershell = `function ocd {
  param([Parameter(Mandatory)][string] $Task)
  $encoding = [Console]::OutputEncoding
  try {
    [Console]::OutputEncoding = [System.Text.Encoding]::UTF8
    $lines = & orchastration path -- $Task
  } finally {
    [Console]::OutputEncoding = $encoding
  }
  if ($LASTEXITCODE -eq 0) { Set-Location -LiteralPath ($lines -join [char]10) }
}
Register-ArgumentCompleter -CommandName ocd -ParameterName Task -ScriptBlock {
  param($commandName, $parameterName, $word)
  & orchastration completion fish -- path $word 2>$null
}
Register-ArgumentCompleter -Native -CommandName orchastration, orch -ScriptBlock {
  param($word, $line, $cursor)
  $words = @($line.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.Extent.Text })
  if ($word -eq '') { $words += '' }
  & orchastration completion fish -- $words 2>$null
}`;
