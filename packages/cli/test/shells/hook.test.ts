import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { HOOKS } from "../../src/shells/hook/index.ts";

type Shell = keyof typeof HOOKS;

/** Answers for a task named by its directory below `$ROOT`; says what it was asked otherwise. Completes to two words. */
const PROGRAM = `#!/bin/sh
if [ "$1" = completion ]; then
  case "$*" in *" -- path fi") printf 'fix-login\\nfish it\\n' ;; *) echo "asked: $*" ;; esac
  exit
fi
if [ "$#" -eq 3 ] && [ "$1 $2" = "path --" ] && [ -d "$ROOT/$3" ]; then printf '%s\\n' "$ROOT/$3"; exit; fi
echo "no such task: $*" >&2
exit 4
`;

function arrange() {
  const root = temporaryDirectory();
  const bin = join(root, "bin");
  const home = join(root, "home");
  for (const path of [bin, home]) mkdirSync(path);
  const program = join(bin, "orchastration");
  writeFileSync(program, PROGRAM);
  chmodSync(program, 0o755);
  const env = { HOME: home, XDG_CONFIG_HOME: home, PATH: `${bin}${delimiter}${process.env["PATH"]}`, ROOT: root };
  const run = (shell: Shell, script: string) => {
    const file = join(root, shell === "powershell" ? "hook.ps1" : `hook-${shell}`);
    writeFileSync(file, HOOKS[shell]);
    const text = `${shell === "powershell" ? "." : "source"} '${file}'\n${script}`;
    const { stdout, stderr } = spawnSync(PROGRAMS[shell], ["-c", text], { encoding: "utf8", env, cwd: home });
    return { stdout, stderr };
  };
  return { root, home, run };
}

const PROGRAMS: Readonly<Record<Shell, string>> = {
  bash: "bash",
  zsh: "zsh",
  fish: "fish",
  nu: "nu",
  powershell: "pwsh",
};

function isThere(program: string): boolean {
  return spawnSync(program, ["-c", "exit"]).status === 0;
}

/** How each quotes a word, and tells its directory with a NUL behind. */
const SPEECH = {
  bash: { quote: quoteForSh, where: 'printf "%s\\0" "$PWD"', status: 'echo "status $?"' },
  zsh: { quote: quoteForSh, where: 'printf "%s\\0" "$PWD"', status: 'echo "status $?"' },
  fish: {
    quote: (word: string) => `'${word.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`,
    where: 'printf "%s\\0" "$PWD"',
    status: 'echo "status $status"',
  },
} as const;

function quoteForSh(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

for (const shell of ["bash", "zsh", "fish"] as const) {
  describe.skipIf(!isThere(shell))(`in ${shell}`, () => {
    const { quote, where, status } = SPEECH[shell];

    test.each([
      "fix-login",
      "a b",
      'it\'s "quoted"',
      "$(touch pwned)",
      "`x` $HOME *",
      "-n",
      "line\nbreak",
      "Größe 🦄",
      "back\\slash",
    ])("ocd goes to the directory of %j", (name) => {
      const { root, run } = arrange();
      mkdirSync(join(root, name));
      const { stdout, stderr } = run(shell, `ocd ${quote(name)}\n${where}`);
      expect(stdout, stderr).toBe(`${join(root, name)}\0`);
      expect(stderr).toBe("");
    });

    test("a refusal is shown, its status kept, and the directory too", () => {
      const { home, run } = arrange();
      const { stdout, stderr } = run(shell, `ocd ${quote("not there")}\n${status}\n${where}`);
      expect(stdout).toBe(`status 4\n${home}\0`);
      expect(stderr).toBe("no such task: path -- not there\n");
    });

    test("without a task the program says what it wants, and the directory stays", () => {
      const { home, run } = arrange();
      const { stdout, stderr } = run(shell, `ocd\n${where}`);
      expect(stdout).toBe(`${home}\0`);
      expect(stderr).toBe("no such task: path --\n");
    });

    test("an option is a task's name to it", () => {
      const { home, run } = arrange();
      const { stdout, stderr } = run(shell, `ocd --help\n${where}`);
      expect(stdout).toBe(`${home}\0`);
      expect(stderr).toBe("no such task: path -- --help\n");
    });
  });
}

/** What each shell does when `ocd fi` is to be completed. */
const ASK = {
  bash: 'COMP_WORDS=(ocd fi); COMP_CWORD=1; _orchastration_ocd; printf "%s\\n" "${COMPREPLY[@]}"',
  zsh: 'compadd() { shift; print -l -- "$@" }; words=(ocd fi); CURRENT=2; _orchastration_ocd',
  fish: 'complete -C "ocd fi"',
};

test.skipIf(!isThere("bash"))("bash offers tasks behind ocd", () => {
  expect(arrange().run("bash", ASK.bash).stdout).toBe("fix-login\nfish it\n");
});

test.skipIf(!isThere("zsh"))("zsh offers tasks behind ocd, when its completion is loaded", () => {
  const { root, run } = arrange();
  writeFileSync(join(root, "with"), `compdef() {}\n${HOOKS.zsh}`);
  expect(run("zsh", `compdef() {}\nsource '${join(root, "with")}'\n${ASK.zsh}`).stdout).toBe("fix-login\nfish it\n");
  expect(run("zsh", "whence -w _orchastration_ocd").stdout).toBe("_orchastration_ocd: none\n");
});

test.skipIf(!isThere("fish"))("fish offers tasks behind ocd", () => {
  const { stdout } = arrange().run("fish", ASK.fish);
  expect(stdout.trim().split("\n").sort()).toEqual(["fish it", "fix-login"]);
});

// Debian has neither of these, so they cannot be required: they are tested where they are.
if (isThere("nu")) {
  test("nu goes to a task's directory, and stays on a refusal", () => {
    const { root, home, run } = arrange();
    mkdirSync(join(root, "a b"));
    expect(run("nu", 'ocd "a b"; $env.PWD').stdout.trim()).toBe(join(root, "a b"));
    expect(run("nu", 'try { ocd "not there" }; $env.PWD').stdout.trim()).toBe(home);
  });
}

if (isThere("pwsh")) {
  test("PowerShell goes to a task's directory, and stays on a refusal", () => {
    const { root, home, run } = arrange();
    mkdirSync(join(root, "a b"));
    expect(run("powershell", "ocd 'a b'; $PWD.Path").stdout.trim()).toBe(join(root, "a b"));
    expect(run("powershell", "ocd 'not there'; $PWD.Path").stdout.trim()).toBe(home);
  });
}
