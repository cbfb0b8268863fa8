import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { SCRIPTS } from "../../src/shells/completion-scripts.ts";

/** What each shell does when `orch daemon st` is to be completed. The candidates it was given are printed one per line. */
const ASK = {
  bash: 'source "$1"; COMP_WORDS=(orch daemon st); COMP_CWORD=2; _orchastration; printf "%s\\n" "${COMPREPLY[@]}"',
  zsh: 'compdef() {}; compadd() { shift; print -l -- "$@" }; source "$1"; words=(orch daemon st); CURRENT=3; _orchastration',
  fish: 'source $argv[1]; complete -C "orch daemon st"',
};

/** A program that offers `start` and `status here` when it is asked as the scripts should ask, and complains otherwise. */
const PROGRAM = `#!/bin/sh
case "$*" in
  "completion "*" -- daemon st") printf 'start\\nstatus here\\n' ;;
  *) echo "asked: $*" ;;
esac
`;

for (const shell of ["bash", "zsh", "fish"] as const) {
  const isThere = spawnSync(shell, ["-c", "true"]).status === 0;
  test.skipIf(!isThere)(`${shell} asks the program for the words it is typing, and offers the answers`, () => {
    const directory = temporaryDirectory();
    const program = join(directory, "orchastration");
    writeFileSync(program, PROGRAM);
    chmodSync(program, 0o755);
    const script = join(directory, "script");
    writeFileSync(script, SCRIPTS[shell]);
    const { stdout, stderr } = spawnSync(
      shell,
      shell === "fish" ? ["-c", ASK.fish, script] : ["-c", ASK[shell], shell, script],
      {
        encoding: "utf8",
        env: { HOME: directory, PATH: `${directory}${delimiter}${process.env.PATH}` },
      },
    );
    expect(stdout.trim().split("\n").sort(), stderr).toEqual(["start", "status here"]);
  });
}
