import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { createRepository, git } from "../support/repository.ts";
import { inTerminal } from "../support/terminal.ts";

/** Whatever the repository manages to run leaves a file here. */
let canaries: string;
let home: Home;

beforeAll(() => {
  home = createHome();
  canaries = join(home.dir, "canaries");
  home.writeConfig('[jobs.mine]\ncommand = ["true"]\n');
});
beforeEach(() => {
  rmSync(canaries, { recursive: true, force: true });
  mkdirSync(canaries);
});
afterAll(() => home[Symbol.asyncDispose]());

const sung = (): string[] => readdirSync(canaries).sort();
const sing = (name: string): string => `touch ${join(canaries, name)}`;

function writeProgram(path: string, name: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${sing(name)}\n`);
  chmodSync(path, 0o755);
}

/** Everything in a clone or an unpacked archive by which git can be made to run something. */
function createHostileRepository(name: string): string {
  const root = createRepository(home, name, {
    ".gitattributes": "*.txt filter=plain diff=shown\n*.md filter=x=y\n*.c filter=late\n",
    "notes.txt": "one\n",
    "code.c": "int x;\n",
    ".orchastration/config.toml": [
      "[worktrees]",
      `setup = ["touch", "${join(canaries, "setup")}"]`,
      "[notify]",
      'on = ["completed"]',
      `command = ["touch", "${join(canaries, "notify")}"]`,
      "[jobs.evil]",
      'description = "touches a canary"',
      'command = ["./evil.sh"]',
      "",
    ].join("\n"),
  });
  writeProgram(join(root, "evil.sh"), "job");
  writeProgram(join(root, "bin/git"), "git-on-the-path");
  for (const hook of ["post-index-change", "reference-transaction", "post-checkout", "pre-auto-gc"]) {
    writeProgram(join(root, "hooks", hook), `hook-${hook}`);
    writeProgram(join(root, ".git/hooks", hook), `own-hook-${hook}`);
  }
  appendFileSync(join(root, ".git/config"), hostileConfig(join(root, "hooks")));
  writeFileSync(join(root, ".git/config.worktree"), `[filter "late"]\n\tclean = "${sing("worktree-filter")}; cat"\n`);
  // Same size, other content: git has to read them to know whether they changed.
  for (const [file, content] of [
    ["notes.txt", "two\n"],
    ["code.c", "int y;\n"],
    ["README.md", "# B repository\n"],
  ] as const) {
    writeFileSync(join(root, file), content);
  }
  createHostileBareRepository(join(root, "sub/bare"));
  mkdirSync(join(root, "linked"));
  writeFileSync(join(root, "linked/.git"), "gitdir: ../sub/bare\n");
  symlinkSync(".", join(root, "again"));
  return root;
}

function hostileConfig(hooks: string): string {
  return `
[core]
	fsmonitor = "${sing("fsmonitor")}"
	hooksPath = ${hooks}
	pager = "${sing("pager")}"
	editor = "${sing("editor")}"
	sshCommand = "${sing("ssh")}"
	askPass = "${sing("askpass")}"
[diff]
	external = "${sing("diff")}"
[diff "shown"]
	textconv = "${sing("textconv")}"
	command = "${sing("diff-driver")}"
[filter "plain"]
	clean = "${sing("clean")}; cat"
	smudge = "${sing("smudge")}; cat"
	required = true
[filter "x=y"]
	clean = "${sing("clean-of-a-tricky-name")}; cat"
[extensions]
	worktreeConfig = true
[alias]
	status = "!${sing("alias")}"
	rev-parse = "!${sing("alias")}"
`;
}

/** Looks like a bare repository to whoever stands in it; its HEAD's objects are only to be had by a command of its choice. */
function createHostileBareRepository(bare: string): void {
  for (const folder of ["objects", "refs/heads"]) mkdirSync(join(bare, folder), { recursive: true });
  writeFileSync(join(bare, "HEAD"), "ref: refs/heads/main\n");
  writeFileSync(join(bare, "refs/heads/main"), `${"1".repeat(40)}\n`);
  writeFileSync(
    join(bare, "config"),
    `[core]
	repositoryformatversion = 1
	bare = false
	worktree = ..
	fsmonitor = "${sing("bare-fsmonitor")}"
	sshCommand = "${sing("promisor-ssh")};"
[extensions]
	partialClone = evil
[remote "evil"]
	url = ${bare}
	promisor = true
	uploadpack = "${sing("promisor")};"
[protocol "file"]
	allow = always
`,
  );
}

const READ_ONLY: readonly (readonly string[])[] = [
  ["list"],
  ["status"],
  ["runs"],
  ["show", "mine"],
  ["logs", "mine"],
  ["diff", "mine", "mine"],
  ["config", "show", "--origin"],
  ["config", "check"],
  ["config", "path"],
  ["doctor"],
  ["doctor", "--rewrite-records"],
  ["trust", "--show"],
  ["completion", "bash", "--", "run", ""],
  ["hash", "--file", "notes.txt"],
  ["daemon", "status"],
];

describe("a hostile repository", () => {
  let root: string;
  beforeAll(async () => {
    await home.cli(["run", "mine"]);
    mkdirSync(canaries, { recursive: true });
    root = createHostileRepository("hostile");
  });

  test("does harm to those who use git in it without care", () => {
    const copy = join(home.dir, "copy");
    cpSync(root, copy, { recursive: true, verbatimSymlinks: true });
    git(home, copy, "status");
    const bare = readFileSync(join(copy, "sub/bare/config"), "utf8");
    writeFileSync(join(copy, "sub/bare/config"), bare.replaceAll(root, copy));
    expect(() => git(home, join(copy, "linked"), "rev-parse", "HEAD^{commit}")).toThrow("Could not read");
    expect(sung()).toEqual([
      "clean",
      "clean-of-a-tricky-name",
      "fsmonitor",
      "hook-post-index-change",
      "promisor",
      "worktree-filter",
    ]);
  });

  describe.each(["", "sub/bare", "linked", "again", ".git"])(
    "the commands of a person who stands in <root>/%s",
    (below) => {
      const cwd = (): string => join(root, below);

      test.each(READ_ONLY.map((args) => [args.join(" "), args] as const))(
        "%s runs nothing of it",
        async (_name, args) => {
          await home.cli(args, { cwd: cwd() });
          expect(sung()).toEqual([]);
        },
      );

      test("run -- true runs true, and nothing else", async () => {
        const path = [".", "bin", join(root, "bin"), home.env.PATH].join(":");
        await home.cli(["daemon", "stop"]);
        const { code } = await home.cli(["run", "--", "/bin/true"], { cwd: cwd(), env: { PATH: path } });
        expect(code).toBe(0);
        await home.cli(["daemon", "stop"]);
        expect(sung()).toEqual([]);
      });
    },
  );

  test("the state it is in is recorded all the same", async () => {
    await home.cli(["run", "--", "true"], { cwd: root });
    const { stdout } = await home.cli(["show", "adhoc"], { cwd: root });
    expect(stdout).toContain(`${git(home, root, "rev-parse", "HEAD").trim()} with changes`);
  });

  test("its job is not listed and is refused with 77", async () => {
    expect((await home.cli(["list"], { cwd: root })).stdout).toBe("mine\n");
    const { code, stdout, stderr } = await home.cli(["run", "evil"], { cwd: root });
    expect({ code, stdout }).toEqual({ code: 77, stdout: "" });
    expect(stderr).toMatch(/not trusted[\s\S]*orchastration trust/);
    expect(sung()).toEqual([]);
  });
});

describe("trust", () => {
  let root: string;
  beforeEach(() => {
    root = createRepository(home, `project-${crypto.randomUUID()}`, {
      ".orchastration/config.toml": '[jobs.own]\ncommand = ["./own.sh"]\n',
      ".claude/settings.json": "{}",
    });
    writeProgram(join(root, "own.sh"), "own");
  });

  const own = async (): Promise<number | null> => (await home.cli(["run", "own"], { cwd: root })).code;
  const trust = (...args: readonly string[]) => home.cli(["trust", ...args], { cwd: root });

  test("is refused with 77 where nobody can be asked", async () => {
    const { code, stderr } = await trust();
    expect(code).toBe(77);
    expect(stderr).toMatch(/\.orchastration\/config\.toml\n {2}own\.sh\n[\s\S]*\.claude[\s\S]*--yes/);
    expect(await own()).toBe(77);
    expect(sung()).toEqual([]);
  });

  test.each([
    ["the file that names the command", ".orchastration/config.toml", "\n# harmless\n"],
    ["the program it names", "own.sh", "\n# harmless\n"],
  ])("ends with a change of %s, and shows it", async (_name, file, change) => {
    expect((await trust("--yes")).code).toBe(0);
    expect(await own()).toBe(0);
    appendFileSync(join(root, file), change);
    expect(await own()).toBe(77);
    expect((await trust("--show")).stdout).toContain(`  ${file} (modified)\n`);
    expect((await trust("--yes")).code).toBe(0);
    expect(await own()).toBe(0);
    expect((await trust("--show")).stdout).toContain(`${root} is trusted.\n`);
  });

  test("does not come back by itself with the old content", async () => {
    await trust("--yes");
    const before = readFileSync(join(root, "own.sh"));
    writeFileSync(join(root, "own.sh"), "#!/bin/sh\n");
    expect(await own()).toBe(77);
    writeFileSync(join(root, "own.sh"), before);
    // What a person has seen and allowed is allowed: trust is in the content.
    expect(await own()).toBe(0);
  });

  test("is taken back by --revoke", async () => {
    await trust("--yes");
    expect((await trust("--revoke")).code).toBe(0);
    expect(await own()).toBe(77);
  });

  test("counts in a linked worktree and a subdirectory", async () => {
    await trust("--yes");
    git(home, root, "worktree", "add", "-q", "../linked-worktree");
    for (const cwd of [join(root, ".claude"), join(home.dir, "linked-worktree")]) {
      expect((await home.cli(["list"], { cwd })).stdout).toBe("mine\nown\n");
    }
  });

  test("has nothing to give outside of a repository and without a configuration", async () => {
    const outside = await home.cli(["trust"], { cwd: home.cwd });
    expect(outside.code).toBe(1);
    expect(outside.stderr).toContain("lies in no git repository");
    rmSync(join(root, ".orchastration"), { recursive: true });
    const without = await trust("--yes");
    expect(without.code).toBe(1);
    expect(without.stderr).toContain("has no .orchastration/config.toml");
  });

  test("--json says what a program needs to know", async () => {
    const document = await home.json(["trust", "--show"], { cwd: root });
    expect(document).toMatchObject({ root, trusted: false, changed: [], agent_folders: [".claude"] });
    expect(document.files).toHaveLength(2);
    expect(await home.json(["trust", "--yes"], { cwd: root })).toMatchObject({ root, trusted: true });
    expect(await home.json(["trust", "--revoke"], { cwd: root })).toMatchObject({ root, trusted: false });
  });

  test.each([
    ["y", 0, 0],
    ["", 77, 77],
    ["n", 77, 77],
  ])("on a terminal the answer %j leads to %i", async (answer, code, ownCode) => {
    const outcome = await inTerminal(home, ["trust"], { cwd: root, typed: `${answer}\n` });
    expect(outcome.output).toContain("own.sh");
    expect(outcome.output).toContain("[y/N]");
    expect(outcome.code).toBe(code);
    expect(await own()).toBe(ownCode);
  });

  test("its record is the user's alone", async () => {
    await trust("--yes");
    const file = join(home.stateDir, "trust.json");
    expect(existsSync(file)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
