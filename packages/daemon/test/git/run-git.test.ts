import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { until } from "../../../../test/support/until.ts";
import { includeFiles } from "../../src/git/include-files.ts";
import { inspectWorktree } from "../../src/git/inspect-worktree.ts";
import { disarm } from "../../src/git/local-commands.ts";
import { observeBase } from "../../src/git/observe-base.ts";
import { removeWorktree } from "../../src/git/remove-worktree.ts";
import { openRepository } from "../../src/git/repository.ts";
import { resolveInWorktree } from "../../src/git/resolve-in-worktree.ts";
import { gitAt, readGit } from "../../src/git/run-git.ts";
import { addWorktree } from "../../src/git/worktree.ts";
import { verifyWorktree } from "../../src/git/worktree-list.ts";
import { createTask, createTestRepository, planTask, type TestRepository, writeProgram } from "./git-repository.ts";

let canaries: string;

beforeEach(() => {
  canaries = temporaryDirectory();
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const sung = (): string[] => readdirSync(canaries).sort();
const sing = (name: string): string => `touch ${join(canaries, name)}`;
const filters = '[filter "all"]\n\tclean = CLEAN\n\tsmudge = SMUDGE\n\trequired = true\n';

/** Everything by which a repository's own configuration makes git run something while it checks out, compares, merges or commits. */
function hostileConfig(root: string): string {
  const filter = (name: string) =>
    `[filter "${name}"]\n\tclean = "${sing("clean")}; cat"\n\tsmudge = "${sing("smudge")}; cat"\n\trequired = true\n`;
  return `
[core]
	fsmonitor = "${sing("fsmonitor")}; false"
	hooksPath = ${join(root, "hooks")}
	editor = "${sing("editor")}; true"
	pager = "${sing("pager")}; cat"
	sshCommand = "${sing("ssh")}; false"
	askPass = ${join(root, "askpass")}
[sequence]
	editor = "${sing("sequence-editor")}; true"
${filter("plain")}${filter("x=y")}
[filter "long"]
	process = "${sing("process")}; false"
[diff]
	external = "${sing("external-diff")}; false"
[diff "shown"]
	command = "${sing("diff-command")}; false"
	textconv = "${sing("textconv")}; cat"
[merge "mine"]
	driver = "${sing("driver")}; true"
[gpg]
	program = ${join(root, "gpg")}
[gpg "ssh"]
	program = ${join(root, "gpg")}
	defaultKeyCommand = "${sing("key-command")}"
[log]
	showSignature = true
[alias]
	status = "!${sing("alias")}"
	merge = "!${sing("alias")}"
[pull]
	twohead = evil
[branch "main"]
	mergeOptions = -s evil
[branch "orchastration/1-work"]
	mergeOptions = -s evil
[include]
	path = included
[submodule]
	recurse = true
[credential]
	helper = "!${sing("credential")}"
[uploadpack]
	packObjectsHook = ${join(root, "askpass")}
[trailer "x"]
	command = "${sing("trailer")}"
`;
}

const hooks = [
  "post-checkout",
  "pre-commit",
  "prepare-commit-msg",
  "commit-msg",
  "post-commit",
  "pre-merge-commit",
  "post-merge",
  "post-rewrite",
  "post-index-change",
  "reference-transaction",
  "pre-auto-gc",
  "pre-rebase",
];

function createHostileRepository(): TestRepository {
  const repository = createTestRepository({
    ".gitattributes":
      "*.txt filter=plain diff=shown merge=mine\n*.md filter=x=y\n*.c filter=long\n*.inc filter=included\n",
    ".gitignore": "*.log\n",
    "notes.txt": "one\ntwo\nthree\n",
    "code.c": "int x;\n",
    "a.inc": "1\n",
    "README.md": "# Read me\n",
  });
  const { root } = repository;
  for (const hook of hooks) {
    writeProgram(join(root, "hooks", hook), sing(`hook-${hook}`));
  }
  for (const name of ["askpass", "gpg", "bin/git-evil", "bin/git"])
    writeProgram(join(root, name), sing(name.replace("/", "-")));
  repository.commit({});
  for (const hook of hooks) writeProgram(join(root, ".git/hooks", hook), sing(`own-hook-${hook}`));
  appendFileSync(join(root, ".git/config"), hostileConfig(root));
  writeFileSync(
    join(root, ".git/included"),
    `[filter "included"]\n\tclean = "${sing("included")}; cat"\n\tsmudge = "${sing("included")}; cat"\n`,
  );
  vi.stubEnv("PATH", [join(root, "bin"), ".", "bin", process.env.PATH].join(delimiter));
  for (const [name, value] of Object.entries({
    GIT_DIR: "/nowhere",
    GIT_SSH_COMMAND: sing("env-ssh"),
    GIT_EXTERNAL_DIFF: sing("env-diff"),
    GIT_CONFIG_PARAMETERS: `'core.fsmonitor'='${sing("env-config")}'`,
    GIT_EXEC_PATH: join(root, "bin"),
    GIT_TEMPLATE_DIR: root,
  })) {
    vi.stubEnv(name, value);
  }
  return repository;
}

/** git as somebody who knows what to leave out. */
function quietly(repository: TestRepository, directory: string, ...args: readonly string[]): void {
  const keys = ["plain", "x=y", "included", "long"].flatMap((name) =>
    ["clean=", "smudge=", "process=", "required=false"].map((setting) => ({ name: `filter.${name}`, setting })),
  );
  const variables = keys.flatMap(({ name, setting }, index) => {
    const [key = "", value = ""] = setting.split("=");
    return [
      [`GIT_CONFIG_KEY_${index}`, `${name}.${key}`],
      [`GIT_CONFIG_VALUE_${index}`, value],
    ];
  });
  const off = ["hooksPath=/dev/null", "fsmonitor=false"].flatMap((each) => ["-c", `core.${each}`]);
  const all: Record<string, string> = { ...Object.fromEntries(variables), GIT_CONFIG_COUNT: String(keys.length) };
  repository.gitWith(all, directory, ...off, ...args);
}

describe("a hostile repository runs nothing", () => {
  test("when it is opened, observed, checked out, inspected, copied from, merged and removed", async () => {
    const repository = createHostileRepository();
    const { root } = repository;
    expect(await observeBase(root)).toMatchObject({ isDirty: false });
    const task = await createTask(root);
    expect(readFileSync(join(task.path, "code.c"), "utf8")).toBe("int x;\n");
    const state = await verifyWorktree(task.plan.commonDir, task.path);
    if (state.kind !== "ok") throw new Error(state.kind);
    repository.write(".env.log", "1\n");
    const from = { gitDir: join(root, ".git"), workTree: root };
    expect(await includeFiles({ from, to: task.path, patterns: ["*.log"] })).toMatchObject({ copied: 1 });

    repository.write("notes.txt", "ONE\ntwo\nthree\n", task.path);
    repository.write("new", "1\n", task.path);
    // Files these filters would apply to are not committed unfiltered.
    expect(await task.merge({ hasDirtyIncluded: true })).toMatchObject({
      kind: "refused",
      refusal: { kind: "filters-disabled", paths: ["notes.txt"] },
    });
    quietly(repository, task.path, "commit", "-q", "-a", "-m", "Change the notes");
    expect(await task.merge({ hasDirtyIncluded: true, strategy: "merge" })).toMatchObject({ kind: "merged" });
    expect(await inspectWorktree({ gitDir: state.gitDir, workTree: task.path }, "main")).toMatchObject({ changed: [] });
    expect(await removeWorktree({ ...task.plan, hasLiveSession: () => false })).toMatchObject({ kind: "removed" });
    expect(sung()).toEqual([]);
  });

  test.each(["squash", "rebase", "merge"] as const)(
    "when a merge by %s needs a driver, and the result is git's own",
    async (strategy) => {
      const repository = createHostileRepository();
      const task = await createTask(repository.root);
      repository.write("notes.txt", "ONE\ntwo\nthree\n", task.path);
      quietly(repository, task.path, "commit", "-q", "-a", "-m", "Change one end");
      repository.write("notes.txt", "one\ntwo\nTHREE\n");
      quietly(repository, repository.root, "commit", "-q", "-a", "-m", "Change the other");
      expect(await task.merge({ strategy })).toMatchObject({ kind: "merged" });
      expect(readFileSync(join(repository.root, "notes.txt"), "utf8")).toBe("ONE\ntwo\nTHREE\n");
      expect(sung()).toEqual([]);
    },
  );

  test("when there is a conflict, which stays one, and is left for somebody to solve", async () => {
    const repository = createHostileRepository();
    const task = await createTask(repository.root);
    for (const [directory, line] of [
      [task.path, "task"],
      [repository.root, "base"],
    ] as const) {
      repository.write("notes.txt", `${line}\n`, directory);
      quietly(repository, directory, "commit", "-q", "-a", "-m", "Change the notes");
    }
    expect(await task.merge()).toMatchObject({
      refusal: { kind: "conflict", files: [{ path: "notes.txt", kind: "content" }] },
    });
    expect(await resolveInWorktree(task.mergePlan())).toEqual({ kind: "conflict-left", files: ["notes.txt"] });
    expect(readFileSync(join(task.path, "notes.txt"), "utf8")).toContain("<<<<<<<");
    expect(sung()).toEqual([]);
  });

  test("when it asks for signatures with a program of its own", async () => {
    const repository = createHostileRepository();
    const task = await createTask(repository.root);
    repository.write("work", "1\n", task.path);
    quietly(repository, task.path, "add", "work");
    quietly(repository, task.path, "commit", "-q", "-m", "Work");
    appendFileSync(join(repository.root, ".git/config"), "[commit]\n\tgpgSign = true\n");
    expect(await task.merge()).toMatchObject({ refusal: { kind: "signing-failed" } });
    expect(sung()).toEqual([]);
  });

  test("when a bare repository lies in it, with a configuration of its own", async () => {
    const repository = createTestRepository();
    const bare = join(repository.root, "sub/bare");
    repository.git("init", "-q", "--bare", bare);
    appendFileSync(join(bare, "config"), hostileConfig(bare));
    const inside = await openRepository(bare);
    expect(inside).toMatchObject({ kind: "opened", repository: { root: repository.root, isBare: false } });
    await observeBase(bare);
    expect(sung()).toEqual([]);
  });
});

describe("the user's own configuration", () => {
  test("has its filters run, also where the repository defines one of the same name", async () => {
    const repository = createTestRepository({ ".gitattributes": "*.big filter=all\n", "a.big": "stored\n" });
    const home = temporaryDirectory();
    const mine = filters.replace("CLEAN", "sed s/shown/stored/").replace("SMUDGE", "sed s/stored/shown/");
    writeFileSync(join(home, ".gitconfig"), mine);
    appendFileSync(
      join(repository.root, ".git/config"),
      filters.replace("CLEAN", `"${sing("clean")}; cat"`).replace("SMUDGE", `"${sing("smudge")}; cat"`),
    );
    vi.stubEnv("HOME", home);
    const { plan } = await planTask(repository.root);
    expect(await addWorktree(plan)).toMatchObject({ kind: "added", disabledFilters: [] });
    expect(readFileSync(join(plan.path, "a.big"), "utf8")).toBe("shown\n");
    expect(sung()).toEqual([]);
  });

  test("is not there for a filter that only the repository has: what is stored is checked out, and said", async () => {
    const repository = createTestRepository({ ".gitattributes": "*.big filter=all\n", "a.big": "stored\n" });
    const local = filters.replace("CLEAN", "cat").replace("SMUDGE", `"${sing("smudge")}; cat"`);
    appendFileSync(join(repository.root, ".git/config"), local);
    const { plan } = await planTask(repository.root);
    expect(await addWorktree(plan)).toMatchObject({ kind: "added", disabledFilters: ["all"] });
    expect(readFileSync(join(plan.path, "a.big"), "utf8")).toBe("stored\n");
    expect(sung()).toEqual([]);
  });

  test("replaces the repository's own program for signatures", async () => {
    const repository = createTestRepository();
    const home = temporaryDirectory();
    writeFileSync(join(home, ".gitconfig"), "[gpg]\n\tprogram = /usr/bin/mine\n");
    appendFileSync(join(repository.root, ".git/config"), "[gpg]\n\tprogram = ./evil\n");
    vi.stubEnv("HOME", home);
    const { settings } = await disarm(gitAt({ gitDir: join(repository.root, ".git"), workTree: null }));
    expect(settings).toEqual([["gpg.program", "/usr/bin/mine"]]);
  });
});

describe("git", () => {
  const place = () => ({ gitDir: join(createTestRepository().root, ".git"), workTree: null });

  test("that takes too long is ended, and all it started", async () => {
    const repository = createTestRepository();
    const git = gitAt({ gitDir: join(repository.root, ".git"), workTree: repository.root });
    const waiting = join(canaries, "waiting");
    const setting = ["diff.slow.textconv", `touch ${waiting}; exec sleep 600 #`] as const;
    repository.write(".gitattributes", "* diff=slow\n");
    repository.write("README.md", "changed\n");
    const running = git(["diff", "--textconv"], { settings: [setting], deadlineMs: 300 });
    await expect(running).rejects.toMatchObject({ name: "GitError", failure: { kind: "deadline", afterMs: 300 } });
  });

  test("that is cancelled is ended, and all it started; cancelled before, it does nothing", async () => {
    const repository = createTestRepository();
    const git = gitAt({ gitDir: join(repository.root, ".git"), workTree: repository.root });
    const [waiting, done] = [join(canaries, "cancelled-waiting"), join(canaries, "cancelled-done")];
    const setting = ["diff.slow.textconv", `touch ${waiting}; sleep 600; touch ${done} #`] as const;
    repository.write(".gitattributes", "* diff=slow\n");
    repository.write("README.md", "changed\n");
    const cancelling = new AbortController();
    const running = git(["diff", "--textconv"], { settings: [setting], cancelled: cancelling.signal });
    const outcome = expect(running).rejects.toMatchObject({ name: "GitError", failure: { kind: "cancelled" } });
    await until(() => existsSync(waiting));
    cancelling.abort();
    await outcome;
    const late = git(["rev-parse", "HEAD"], { cancelled: cancelling.signal });
    await expect(late).rejects.toMatchObject({ failure: { kind: "cancelled" } });
  });

  test("that prints too much is ended", async () => {
    const input = "HEAD\n".repeat(10_000);
    const running = gitAt(place())(["cat-file", "--batch"], { input, maxBytes: 1000 });
    await expect(running).rejects.toMatchObject({ failure: { kind: "too-much-output", maxBytes: 1000 } });
  });

  test("that fails says what it was, why, and with which code, without control characters", async () => {
    const running = readGit(gitAt(place()), ["rev-parse", "--verify", "\u001b]52;c;x\u0007"]);
    const error: unknown = await running.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ command: "rev-parse", failure: { kind: "exit", code: 128 } });
    expect(String(error)).toMatch(/^GitError: git rev-parse failed \(exit 128\): fatal: /);
    expect(String(error)).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test("that is missing is said to be", async () => {
    const repository = createTestRepository();
    vi.stubEnv("PATH", [".", join(repository.root, "bin")].join(delimiter));
    writeProgram(join(repository.root, "bin/git"), sing("git"));
    await expect(openRepository(repository.root)).rejects.toMatchObject({ failure: { kind: "not-found" } });
    expect(await observeBase(repository.root)).toBeNull();
    expect(sung()).toEqual([]);
  });

  test("in a directory that is gone fails and does not hang", async () => {
    const gitDir = join(temporaryDirectory(), "gone");
    await expect(gitAt({ gitDir, workTree: null })(["status"])).rejects.toMatchObject({
      failure: { kind: "not-started" },
    });
    mkdirSync(gitDir);
    expect(existsSync(dirname(gitDir))).toBe(true);
  });
});
